import { checkConfigKey } from "../model/names.ts";
import { defineInteractive } from "./command.ts";
import { envPair } from "./env-pair.ts";
import { appName, flag, many, text } from "./input.ts";

export const run = defineInteractive({
  name: "run",
  effect: "changes",
  summary: "Run a command, or a process type, in a new dyno",
  input: { app: appName, command: many(text, 1), env: many(envPair), tty: flag },
  positionals: ["app", "command"],
  passThrough: true,
  options: {
    env: { flags: "-e, --env <key=value>", summary: "Set a config var for this run; may be repeated" },
    tty: { flags: "--no-tty", summary: "Without a terminal, even if there is one" },
  },
  wantsTerminal: ({ tty }) => tty,
  run: ({ app, command, env }, { operations }, io) => {
    const vars = Object.fromEntries(env.map(([key, value]) => [checkConfigKey(key), value]));
    return operations.run({ app, command, env: vars }, io);
  },
});

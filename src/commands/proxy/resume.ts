import { defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const proxyResume = defineCommand({
  name: "proxy:resume",
  effect: "changes",
  summary: "Let the requests of a paused app go on",
  input: { app: appName },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.setProperty({ app, key: "proxy.paused", value: undefined }),
  present: (_result, out, { app }) => out.step(`Resumed ${app}`),
});

import { defineCommand } from "../command.ts";

export const recoverAdopt = defineCommand({
  name: "recover:adopt",
  effect: "changes",
  summary: "Take up what exists into the database, and leave safe mode",
  input: {},
  run: (_, { operations }) => operations.recoverAdopt(),
  present: (adopted, out) => {
    for (const { app, releases, current } of adopted) {
      const running = current === undefined ? "nothing runs: ps:start starts it" : `v${current} runs`;
      out.step(`Took up ${app}: ${releases} release(s), ${running}`);
    }
    out.line(
      "What only the database had is lost: ssh keys, certificates, settings, build logs. Add your key again with:",
    );
    out.line("  ssh-keys:add NAME < KEY.pub");
  },
  json: (adopted) => adopted,
});

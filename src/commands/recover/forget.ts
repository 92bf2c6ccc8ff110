import { UserError } from "../../model/errors.ts";
import { type Context, defineCommand } from "../command.ts";
import { describeThings } from "../describe-things.ts";

export const recoverForget = defineCommand({
  name: "recover:forget",
  effect: "destroys",
  summary: "Remove what the database does not know, and leave safe mode",
  input: {},
  run: async (_, context) => {
    const { operations, force } = context;
    const { isOn, unexplained } = await operations.recoverReport();
    if (isOn && !force) await confirm(describeThings(unexplained), context);
    return operations.recoverForget();
  },
  present: (things, out) => {
    for (const line of describeThings(things)) out.step(`Removing ${line}`);
  },
  json: (things) => things.map(({ kind, id, app = "" }) => ({ kind, id, app })),
});

async function confirm(lines: readonly string[], { job, caller }: Context): Promise<void> {
  job.progress.warn("WARNING: Potentially Destructive Action");
  job.progress.warn("This command will remove, with all data in it:");
  for (const line of lines) job.progress.warn(`  ${line}`);
  job.progress.warn('To proceed, type "forget"');
  const answer = await caller.ask("> ");
  if (answer?.trim() === "forget") return;
  throw new UserError("not-confirmed", "Confirmation did not match test. Aborted.", {
    hint: "To remove it without being asked: recover:forget --force",
  });
}

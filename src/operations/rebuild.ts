import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { deploy } from "./deploy.ts";
import type { Deployed, Job } from "./operations.ts";
import { pendingMove } from "./pending-move.ts";
import { textProperty } from "./properties.ts";
import { appByName } from "./require-app.ts";

export async function rebuild(context: Context, input: { app: string }, job: Job): Promise<Deployed> {
  const app = context.store.read((view) => appByName(view, input.app));
  const branch = textProperty(context, app.id, "git.deploy-branch") || "main";
  const commit = await context.repositories.tip(app.name, branch);
  if (commit === undefined) {
    throw new UserError("nothing-pushed", `App ${app.name} has no commit on '${branch}' to build`, {
      hint: `Push one: git push berth ${branch}`,
    });
  }
  const pending = context.store.read((view) => pendingMove(view, app.id));
  if (pending !== undefined && pending.branch === branch && pending.commit !== commit) {
    throw new UserError(
      "commit-missing",
      `The repository of ${app.name} lacks commit ${pending.commit.slice(0, 7)}, which runs`,
      {
        hint: `The push of it broke off. Push ${app.name} again`,
      },
    );
  }
  const { signal, progress } = job;
  const source = await context.repositories.source(app.name, commit, { signal, progress });
  return deploy(context, { app: app.name, source }, job);
}

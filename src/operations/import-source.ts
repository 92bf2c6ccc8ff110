import type { ImportedCommit } from "../git/repositories.ts";
import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { deploy } from "./deploy.ts";
import type { Author, Deployed, Job } from "./operations.ts";
import { branchToPushAgain, settlePush } from "./pending-move.ts";
import { property } from "./properties.ts";
import { appByName } from "./require-app.ts";

const ourselves: Author = { name: "Berth", email: "berth@localhost" };

/** A commit of these files in the app's repository and a deploy of it. One that fails leaves the branch where it was. */
export async function importSource(
  context: Context,
  input: { app: string; author: Author | undefined } & Pick<ImportedCommit, "read" | "message">,
  job: Job,
): Promise<Deployed> {
  const { app, author = ourselves, read, message } = input;
  const { id } = context.store.read((view) => appByName(view, app));
  requireIdle(context, id, app);
  const { computed } = await property(context, { app, key: "git.deploy-branch" });
  const branch = computed === "" ? "main" : computed;
  const { repositories } = context;
  const again = await branchToPushAgain(context, { app });
  const commit = await repositories
    .importCommit(app, { branch, read, message, author }, job.signal)
    .catch(async (error: unknown) => {
      const tip = again === branch ? await repositories.tip(app, branch) : undefined;
      if (tip !== undefined && error instanceof UserError && error.code === "nothing-changed") return tip;
      throw error;
    });
  const source = await repositories.source(app, commit, job);
  const deployed = await deploy(context, { app, source, move: { branch } }, job);
  if ((await repositories.tip(app, branch)) !== commit) await repositories.advance(app, branch, commit);
  await settlePush(context, { app });
  return deployed;
}

/** Before much is read for nothing. The deploy itself looks once more. */
export function requireIdle(context: Context, id: string, app: string): void {
  const busyWith = context.locks.busyWith(id);
  if (busyWith === undefined) return;
  throw new UserError("app-busy", `App ${app} is busy with another change: ${busyWith}`, {
    hint: "Nothing was changed. Try again when it is done",
  });
}

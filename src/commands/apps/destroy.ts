import { UserError } from "../../model/errors.ts";
import { type Context, defineCommand } from "../command.ts";
import { appName } from "../input.ts";

export const appsDestroy = defineCommand({
  name: "apps:destroy",
  effect: "destroys",
  summary: "Remove an app with its releases, repository and dynos",
  input: { app: appName },
  positionals: ["app"],
  run: async ({ app }, context) => {
    const { operations, job, force } = context;
    await operations.requireApp({ app });
    if (!force) await confirm(app, context);
    job.progress.step(`Destroying ${app} (including all add-ons)`);
    await operations.destroyApp({ app });
  },
});

async function confirm(app: string, { job, caller }: Context): Promise<void> {
  job.progress.warn("WARNING: Potentially Destructive Action");
  job.progress.warn(`This command will destroy app ${app}.`);
  job.progress.warn(`To proceed, type "${app}"`);
  const answer = await caller.ask("> ");
  if (answer?.trim() === app) return;
  throw new UserError("not-confirmed", "Confirmation did not match test. Aborted.", {
    hint: `To destroy it without being asked: apps:destroy ${app} --force`,
  });
}

import type { App, Formation } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import { manifestFormation } from "./app-manifest.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { addPendingScale, applyScale } from "./pending-scale.ts";
import { appByName, currentRelease } from "./require-app.ts";
import { waitingVars } from "./stored-config.ts";
import { toFormation } from "./to-formation.ts";
import { isScalable } from "./wanted-dynos.ts";

export async function scale(
  context: Context,
  input: { app: string; quantities: Formation; deploy: boolean },
  job: Job,
): Promise<void> {
  const { app, release } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, release: currentRelease(view, found) };
  });
  if (release !== undefined) checkTypes(release, input.quantities);
  refuseManifestTypes(context, app, input.quantities);
  await context.locks.hold(app, `scaling by ${job.actor}`, async () => {
    const store = () => context.store.write((changes) => applyScale(changes, app.id, input.quantities));
    // Nothing runs that would differ from what is stored.
    if (release === undefined || app.stopped) return store();
    if (!input.deploy) return context.store.write((changes) => addPendingScale(changes, app.id, input.quantities));
    const before = context.store.read((view) => view.formation.of(app.id));
    noteWaitingVars(context, { app, release }, job);
    await toFormation(context, { app, release, formation: { ...before, ...input.quantities }, activate: store }, job);
  });
}

/** What the app's repository says cannot be said otherwise here, as with Dokku: the next push would undo it. */
function refuseManifestTypes(context: Context, app: App, quantities: Formation): void {
  const fixed = context.store.read((view) => manifestFormation(view, app.id));
  const types = Object.keys(quantities).filter((type) => Object.hasOwn(fixed, type));
  if (types.length === 0) return;
  throw new UserError(
    "formation-in-manifest",
    `App ${app.name} contains an app.json file with a formations key and cannot be manually scaled`,
    { hint: `Change the quantity of ${types.join(", ")} in app.json and push, or take it out there` },
  );
}

/** All dynos of a release are alike, so one more has the values that the others have. */
function noteWaitingVars(context: Context, serving: { app: App; release: Release }, { progress }: Job): void {
  const waiting = context.store.read((view) => waitingVars(view, serving));
  if (waiting.length === 0) return;
  progress.detail(`Config vars were changed without a restart: ${waiting.join(", ")}`);
  progress.detail(
    `New dynos have the values of v${serving.release.version}. For the new ones: ps:restart ${serving.app.name}`,
  );
}

/** Throws `unknown-process-type`. */
export function checkTypes(release: Release, wanted: Formation): void {
  for (const type of Object.keys(wanted)) {
    if (isScalable(release.processTypes, type)) continue;
    const known = Object.keys(release.processTypes).filter((name) => isScalable(release.processTypes, name));
    throw new UserError("unknown-process-type", `${type} is not a valid process name to scale up`, {
      hint: `The Procfile declares: ${known.join(", ") || "nothing"}`,
    });
  }
}

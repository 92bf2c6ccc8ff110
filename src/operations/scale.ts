import type { Formation } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { addPendingScale, applyScale } from "./pending-scale.ts";
import { appByName, currentRelease } from "./require-app.ts";
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
  await context.locks.hold(app, `scaling by ${job.actor}`, async () => {
    const store = () => context.store.write((changes) => applyScale(changes, app.id, input.quantities));
    // Nothing runs that would differ from what is stored.
    if (release === undefined || app.stopped) return store();
    if (!input.deploy) return context.store.write((changes) => addPendingScale(changes, app.id, input.quantities));
    const before = context.store.read((view) => view.formation.of(app.id));
    await toFormation(context, { app, release, formation: { ...before, ...input.quantities }, activate: store }, job);
  });
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

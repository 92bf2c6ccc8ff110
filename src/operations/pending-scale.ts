import type { Formation } from "../model/app.ts";
import type { Changes, View } from "../store/store.ts";

const key = "ps.pending-scale";

/** What `ps:scale --skip-deploy` asked for: not in force, and so not repaired towards, until the app's dynos are replaced. */
export function pendingScale(view: View, appId: string): Formation {
  return JSON.parse(view.properties.get(appId, key) ?? "{}") as Formation;
}

export function addPendingScale(changes: Changes, appId: string, quantities: Formation): void {
  changes.properties.set(appId, key, JSON.stringify({ ...pendingScale(changes, appId), ...quantities }));
}

/** Puts the quantities in force; what was pending for their types is no longer. */
export function applyScale(changes: Changes, appId: string, quantities: Formation): void {
  changes.formation.set(appId, quantities);
  const left = Object.entries(pendingScale(changes, appId)).filter(([type]) => !Object.hasOwn(quantities, type));
  changes.properties.set(appId, key, left.length === 0 ? undefined : JSON.stringify(Object.fromEntries(left)));
}

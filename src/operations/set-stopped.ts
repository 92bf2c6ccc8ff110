import type { Context } from "./context.ts";

/** Notes whether the app's dynos are wanted at all; the formation stays. */
export function setStopped(context: Context, appId: string, stopped: boolean): void {
  context.store.write((changes) => {
    const app = changes.apps.byId(appId);
    if (app !== undefined) changes.apps.update({ ...app, stopped });
  });
}

import type { App } from "../model/app.ts";
import { appMissing, UserError } from "../model/errors.ts";
import type { Release } from "../model/release.ts";
import type { View } from "../store/store.ts";

export function appByName(view: View, name: string): App {
  const app = view.apps.byName(name);
  if (app === undefined) throw appMissing(name);
  return app;
}

export function currentRelease(view: View, app: App): Release | undefined {
  return app.currentReleaseId === undefined ? undefined : view.releases.byId(app.currentReleaseId);
}

export function deployedApp(view: View, name: string): { app: App; release: Release } {
  const app = appByName(view, name);
  const release = currentRelease(view, app);
  if (release === undefined) {
    throw new UserError("not-deployed", `App ${name} has not been deployed`, {
      hint: `Push its code first: git push berth@HOST:${name} main`,
    });
  }
  return { app, release };
}

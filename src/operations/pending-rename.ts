import type { App } from "../model/app.ts";
import type { Changes } from "../store/store.ts";
import type { Context } from "./context.ts";

const key = "git.pending-rename";

/** Before the repository of an app moves to a name that the store does not have yet. */
export function setPendingRename(changes: Changes, appId: string, name: string | undefined): void {
  changes.properties.set(appId, key, name);
}

/** At the start, before what has no app is taken for left behind. */
export async function undoRenames(context: Context): Promise<void> {
  const renames = context.store.read((view) =>
    view.apps.list().flatMap((app) => {
      const name = view.properties.get(app.id, key);
      return name === undefined ? [] : [{ app, name }];
    }),
  );
  for (const { app, name } of renames) await undoRename(context, app, name);
}

/** The app keeps its name, and gets its repository back where that has moved already. */
export async function undoRename({ repositories, store, logger }: Context, app: App, name: string): Promise<void> {
  if (!(await repositories.exists(app.name)) && (await repositories.exists(name))) {
    await repositories.rename(name, app.name);
    logger.warn({ app: app.name, name }, "repository taken back from an interrupted rename");
  }
  store.write((changes) => setPendingRename(changes, app.id, undefined));
}

import type { Context } from "./context.ts";
import { appByName } from "./require-app.ts";

/** The next build begins as the app's first did. Not while one runs: it would lose what it works with. */
export async function purgeCache(context: Context, input: { app: string }): Promise<void> {
  const app = context.store.read((view) => appByName(view, input.app));
  await context.locks.hold(app, "repo:purge-cache", () => context.images.removeCache(app.id));
}

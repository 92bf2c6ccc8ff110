import type { Context } from "./context.ts";
import { appByName } from "./require-app.ts";
import { retire } from "./transition.ts";

/** From the outside in: no requests, no dynos, then what is on disk, and last the state that says what there was. */
export async function destroyApp(context: Context, input: { app: string }): Promise<void> {
  const app = context.store.read((view) => appByName(view, input.app));
  await context.locks.hold(app, "apps:destroy", async () => {
    await context.publisher.withdraw(app.name);
    await retire(context, await context.scheduler.list(app.name));
    const releases = context.store.read((view) => view.releases.of(app.id));
    for (const image of new Set(releases.map((release) => release.image))) await context.images.remove(image);
    await context.images.removeCache(app.id);
    await context.repositories.remove(app.name);
    context.store.write((changes) => changes.apps.remove(app.id));
    context.inService.forget(app.id);
  });
}

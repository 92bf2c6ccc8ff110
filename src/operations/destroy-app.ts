import { UserError } from "../model/errors.ts";
import { imagesOf } from "../model/runtime.ts";
import { entryId } from "./certificate-entries.ts";
import type { Context } from "./context.ts";
import { appByName } from "./require-app.ts";
import { setStopped } from "./set-stopped.ts";
import { retire } from "./transition.ts";

/** From the outside in: no requests, no dynos, then what is on disk, and last the state that says what there was. */
export async function destroyApp(context: Context, input: { app: string }): Promise<void> {
  const app = context.store.read((view) => appByName(view, input.app));
  await context.locks.hold(app, "apps:destroy", async () => {
    // What breaks off from here on, and be it the daemon itself, must not have the dynos started again.
    setStopped(context, app.id, true);
    await context.publisher.withdraw(app.name);
    const reason = new UserError("app-destroyed", `App ${app.name} is being destroyed`);
    await Promise.all([
      context.scheduler.list(app.name).then((dynos) => retire(context, dynos)),
      context.oneOffs.end(app.id, reason),
    ]);
    const releases = context.store.read((view) => view.releases.of(app.id));
    for (const image of new Set(releases.flatMap(imagesOf))) await context.images.remove(image);
    await context.images.removeCache(app.id);
    await context.images.removeData(app.id);
    await context.repositories.remove(app.name);
    await context.routerLogs.remove(app.name);
    const certificate = context.store.read((view) => view.certificates.of(app.id));
    context.store.write((changes) => changes.apps.remove(app.id));
    if (certificate !== undefined) await context.publisher.drop([entryId(certificate)]);
    context.inService.forget(app.id);
    // A dyno that died or came back meanwhile has had the routes published once more.
    await context.publisher.withdraw(app.name);
  });
}

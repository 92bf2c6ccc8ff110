import { urlsOf } from "./app-urls.ts";
import type { Context } from "./context.ts";
import type { AppReport } from "./operations.ts";
import { appByName, currentRelease } from "./require-app.ts";

export async function appReport(context: Context, input: { app: string }): Promise<AppReport> {
  const { app, current } = context.store.read((view) => {
    const found = appByName(view, input.app);
    return { app: found, current: currentRelease(view, found) };
  });
  return {
    app,
    current,
    busyWith: context.locks.busyWith(app.id),
    urls: urlsOf(context, app.id),
    directory: context.repositories.path(app.name),
  };
}

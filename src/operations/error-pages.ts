import { normalizeErrorCode } from "../model/error-code.ts";
import { UserError } from "../model/errors.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import { pageKey, pagesInUse, pagesOf } from "./page-properties.ts";
import { publishHost, publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

interface Input {
  /** Undefined: the host. */
  readonly app: string | undefined;
  readonly code: string;
}

export async function setErrorPage(context: Context, input: Input & { page: string }): Promise<void> {
  const code = normalizeErrorCode(input.code);
  context.store.read((view) => idOf(view, input.app));
  if (input.page.trim() === "") {
    throw new UserError("invalid-page", "The page is empty", { hint: "Give it in HTML on standard input" });
  }
  await context.pages.alone(async () => {
    await change(context, input.app, code, await context.pages.put(input.page));
  });
}

export async function clearErrorPage(context: Context, input: Input): Promise<boolean> {
  const code = normalizeErrorCode(input.code);
  return context.pages.alone(() => change(context, input.app, code, undefined));
}

export async function errorPage(context: Context, input: Input): Promise<string> {
  const code = normalizeErrorCode(input.code);
  const name = context.store.read((view) => pagesOf(view, idOf(view, input.app)))[code];
  const page = name === undefined ? undefined : await context.pages.read(name);
  if (page !== undefined) return page;
  throw new UserError("page-missing", `There is no page of its own for ${code}`, { hint: "See: error-pages:report" });
}

export async function errorPages(context: Context, input: { app: string | undefined }): Promise<string[]> {
  return Object.keys(context.store.read((view) => pagesOf(view, idOf(view, input.app)))).sort();
}

/** Whether there was one before. */
async function change(
  context: Context,
  app: string | undefined,
  code: string,
  name: string | undefined,
): Promise<boolean> {
  const { appId, before } = context.store.write((changes) => {
    const id = idOf(changes, app);
    const old = pagesOf(changes, id)[code];
    changes.properties.set(id, pageKey(code), name);
    return { appId: id, before: old };
  });
  if (appId === undefined) await publishHost(context);
  else await publishRoutes(context, appId);
  // Only now does no worker want the old one any more.
  await context.pages.keep(context.store.read(pagesInUse));
  return before !== undefined;
}

function idOf(view: View, app: string | undefined): string | undefined {
  return app === undefined ? undefined : appByName(view, app).id;
}

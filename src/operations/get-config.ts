import type { ConfigVars } from "../model/app.ts";
import type { Context } from "./context.ts";
import { appByName } from "./require-app.ts";

export async function getConfig(context: Context, input: { app: string }): Promise<ConfigVars> {
  return context.store.read((view) => view.config.of(appByName(view, input.app).id));
}

import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import type { PropertyKey } from "./operations.ts";
import { properties } from "./properties.ts";
import { publishAllRoutes, publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

export async function setProperty(
  context: Context,
  input: { app: string | undefined; key: PropertyKey; value: string | undefined },
): Promise<void> {
  const value = input.value === "" ? undefined : input.value;
  const property = properties[input.key];
  if (value !== undefined && !property.check(value)) {
    const said = property.secret === undefined ? ` '${value}'` : "";
    throw new UserError("invalid-value", `Invalid value${said} for ${input.key}: it must be ${property.rule}`);
  }
  const kept = value === undefined ? undefined : ((await property.secret?.seal(value)) ?? value);
  const appId = context.store.write((changes) => {
    const id = input.app === undefined ? undefined : appByName(changes, input.app).id;
    changes.properties.set(id, input.key, kept);
    return id;
  });
  if (!property.isRouted) return;
  if (appId === undefined) await publishAllRoutes(context);
  else await publishRoutes(context, appId);
}

import type { Source } from "../builders/builder.ts";
import { unhonouredBy } from "../builders/unhonoured-files.ts";
import type { App, Formation } from "../model/app.ts";
import { type AppManifest, missingVars, parseAppManifest } from "../model/app-manifest.ts";
import { UserError } from "../model/errors.ts";
import type { Progress } from "../model/progress.ts";
import type { Changes, View } from "../store/store.ts";
import type { Context } from "./context.ts";
import { textProperty } from "./properties.ts";
import { isScalable } from "./wanted-dynos.ts";

const none = parseAppManifest("{}", "app.json");
const formationKey = "app-json.formation";

/** The app.json of a commit; one that says nothing where there is none. Throws `invalid-app-manifest`. */
export async function readManifest(context: Context, app: App, source: Source): Promise<AppManifest> {
  const path = textProperty(context, app.id, "app-json.appjson-path");
  const text = await source.read(path);
  return text === undefined ? none : parseAppManifest(text, path);
}

/**
 * Gives the app the config vars that its app.json wants and that it does not have. They stay where the deploy then fails: a
 * generated secret may already have been used, by a release phase for one.
 */
export function storeManifestEnv(context: Context, app: App, manifest: AppManifest, progress: Progress): void {
  if (Object.keys(manifest.env).length === 0) return;
  const added = context.store.write((changes) => {
    const vars = missingVars(manifest.env, changes.config.of(app.id));
    changes.config.set(app.id, vars);
    return Object.keys(vars);
  });
  if (added.length > 0) progress.step(`Setting ${added.length} config var(s) from app.json: ${added.join(", ")}`);
}

/** Once a deploy, before the build: one that fails has said it too. */
export async function warnOfUnhonoured(
  context: Context,
  { app, source, manifest }: { app: App; source: Source; manifest: AppManifest },
  progress: Progress,
): Promise<void> {
  const manifestPath = textProperty(context, app.id, "app-json.appjson-path");
  const config = context.store.read((view) => view.config.of(app.id));
  for (const sentence of await unhonouredBy({ source, manifest, manifestPath, config })) progress.warn(sentence);
}

/** What is in force from the app's last app.json. */
export function manifestFormation(view: View, appId: string): Formation {
  return JSON.parse(view.properties.get(appId, formationKey) ?? "{}") as Formation;
}

/** Remembers what app.json says, in place of what an older one said. */
export function keepManifestFormation(changes: Changes, appId: string, formation: Formation): void {
  const empty = Object.keys(formation).length === 0;
  changes.properties.set(appId, formationKey, empty ? undefined : JSON.stringify(formation));
}

/** Throws `unknown-process-type` for quantities of types that the new release does not have. */
export function checkManifestFormation(
  { formation }: AppManifest,
  processTypes: Readonly<Record<string, string>>,
): void {
  const unknown = Object.keys(formation).filter((type) => !isScalable(processTypes, type));
  if (unknown.length === 0) return;
  throw new UserError(
    "unknown-process-type",
    `app.json has a formation for ${unknown.join(", ")}, which the app does not have`,
    {
      hint: `Its process types are: ${Object.keys(processTypes).join(", ") || "none"}`,
    },
  );
}

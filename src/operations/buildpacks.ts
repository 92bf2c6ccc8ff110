import type { BuildRequest } from "../builders/builder.ts";
import { withoutPassword } from "../lib/printable.ts";
import type { App } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import { parseBuildpack } from "../model/buildpack-reference.ts";
import { UserError } from "../model/errors.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { BuildpackChange } from "./operations.ts";
import { textProperty } from "./properties.ts";
import { appByName } from "./require-app.ts";

const listKey = "buildpacks.list";
const mostBuildpacks = 50;

/** In the order in which they run; as they were given, and so with their passwords. */
function listOf(view: View, appId: string): string[] {
  const text = view.properties.get(appId, listKey) ?? "";
  return text === "" ? [] : text.split("\n");
}

export async function buildpacks(context: Context, input: { app: string }): Promise<string[]> {
  const list = context.store.read((view) => listOf(view, appByName(view, input.app).id));
  return list.map(withoutPassword);
}

/** Positions count from 1. Gives what was removed, as it may be shown. */
export async function changeBuildpacks(
  context: Context,
  input: { app: string; change: BuildpackChange },
): Promise<string[]> {
  const { change } = input;
  if ("buildpacks" in change) for (const text of change.buildpacks) checkBuildpack(text);
  return context.store.write((changes) => {
    const { id } = appByName(changes, input.app);
    const before = listOf(changes, id);
    const after = changed(before, change, input.app);
    if (after.length > mostBuildpacks) {
      throw new UserError("too-many-buildpacks", `An app has ${mostBuildpacks} buildpacks at most`);
    }
    changes.properties.set(id, listKey, after.length === 0 ? undefined : after.join("\n"));
    return before.filter((text) => !after.includes(text)).map(withoutPassword);
  });
}

// Where official ones are makes no difference here: it may be changed after this.
function checkBuildpack(text: string): void {
  parseBuildpack(text, "https://example.com/NAME.git");
}

function changed(before: readonly string[], change: BuildpackChange, app: string): string[] {
  switch (change.kind) {
    case "replace":
      return [...change.buildpacks];
    case "add":
      return before.toSpliced((change.position ?? before.length + 1) - 1, 0, ...change.buildpacks);
    case "set":
      return before.toSpliced((change.position ?? 1) - 1, 1, ...change.buildpacks);
    case "remove":
      return before.toSpliced(indexOf(before, change.which, app), 1);
    default:
      return [];
  }
}

function indexOf(before: readonly string[], which: string | number, app: string): number {
  if (before.length === 0) {
    throw new UserError(
      "buildpack-missing",
      `No buildpacks were found, next release on ${app} will detect buildpack normally`,
    );
  }
  const index =
    typeof which === "number"
      ? which - 1
      : before.findIndex((text) => text === which || withoutPassword(text) === which);
  if (before[index] !== undefined) return index;
  const what = typeof which === "number" ? `at position ${which}` : withoutPassword(which);
  throw new UserError("buildpack-missing", `App ${app} has no buildpack ${what}`, {
    hint: `It has: ${before.map(withoutPassword).join(", ")}`,
  });
}

/** What a build is told of the app's buildpacks. */
export function buildpackRequest(
  context: Context,
  app: App,
  manifest: AppManifest,
): Required<Pick<BuildRequest, "buildpacks">> & Pick<BuildRequest, "stack"> {
  const listed = context.store.read((view) => listOf(view, app.id));
  const stack = textProperty(context, app.id, "buildpacks.stack");
  return { buildpacks: { listed, manifest: manifest.buildpacks }, stack: stack === "" ? undefined : stack };
}

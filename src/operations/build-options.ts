import type { BuildSettings } from "../builders/builder.ts";
import { parseBuildOptions } from "../model/build-options.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import { textProperty } from "./properties.ts";
import { appByName } from "./require-app.ts";

const key = "docker-options.build";
const backends = ["buildkit", "classic"] as const;

export function buildSettings(context: Context, appId: string): BuildSettings {
  return {
    dockerfilePath: textProperty(context, appId, "builder-dockerfile.dockerfile-path"),
    backend: backends.find((one) => one === textProperty(context, appId, "builder-dockerfile.backend")),
    dockerOptions: context.store.read((view) => stored(view, appId)),
  };
}

export async function buildOptions(context: Context, input: { app: string }): Promise<readonly string[]> {
  return context.store.read((view) => stored(view, appByName(view, input.app).id));
}

export async function addBuildOption(context: Context, input: { app: string; option: string }): Promise<void> {
  parseBuildOptions([input.option]);
  change(context, input.app, (options) => [...new Set([...options, input.option])]);
}

export async function removeBuildOptions(
  context: Context,
  input: { app: string; option: string | undefined },
): Promise<void> {
  change(context, input.app, (options) =>
    input.option === undefined ? [] : options.filter((option) => option !== input.option),
  );
}

function stored(view: View, appId: string): readonly string[] {
  return JSON.parse(view.properties.get(appId, key) ?? "[]") as string[];
}

function change(context: Context, app: string, edit: (options: readonly string[]) => readonly string[]): void {
  context.store.write((changes) => {
    const { id } = appByName(changes, app);
    const options = edit(stored(changes, id));
    changes.properties.set(id, key, options.length === 0 ? undefined : JSON.stringify(options));
  });
}

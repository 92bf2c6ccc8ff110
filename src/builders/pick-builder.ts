import type { ConfigVars } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import type { Builder, BuildSettings, Source } from "./builder.ts";

export interface Choice {
  /** By the user, with `builder:set`; empty where nothing was. */
  readonly selected: string;
  readonly config: ConfigVars;
  readonly settings: BuildSettings;
  /** Whether `buildpacks:add` or its kin have given it any. */
  readonly hasBuildpacks?: boolean;
}

/**
 * As Dokku chooses: what the user selected; buildpacks where the app names some; else the first builder whose `detect`
 * fits. Throws `no-builder`, naming what was tried.
 */
export async function pickBuilder(builders: readonly Builder[], source: Source, choice: Choice): Promise<Builder> {
  const { selected, config, settings, hasBuildpacks = false } = choice;
  if (selected !== "") return byName(builders, selected);
  const buildpacks = builders.find(({ name }) => name === "buildpack");
  const named = hasBuildpacks || config.BUILDPACK_URL !== undefined || (await source.has(".buildpacks"));
  if (buildpacks !== undefined && named) return buildpacks;
  for (const builder of builders) if (await builder.detect(source, settings)) return builder;
  const tried = builders.map(({ name }) => name).join(", ");
  throw new UserError("no-builder", `No builder fits this app. Tried: ${tried}`, {
    hint: "A Procfile at the top of the repository is enough: 'web: COMMAND'",
  });
}

function byName(builders: readonly Builder[], selected: string): Builder {
  const found = builders.find(({ name, aliases }) => name === selected || aliases?.includes(selected));
  if (found !== undefined) return found;
  throw new UserError("no-builder", `There is no builder '${selected}', which this app selects`, {
    hint: `There are: ${builders.map(({ name }) => name).join(", ")}. Choose with builder:set APP selected NAME`,
  });
}

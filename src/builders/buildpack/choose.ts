import { type BuildpackReference, parseBuildpack } from "../../model/buildpack-reference.ts";
import { UserError } from "../../model/errors.ts";
import type { BuildRequest } from "../builder.ts";

export interface ChoiceSettings {
  /** Address of official buildpacks, with NAME in it. */
  readonly official: string;
  /** Which buildpacks are asked where an app names none. */
  readonly detection: "own" | "official";
}

/** The buildpacks of one build, in order. With `detect`, the first one that fits is the only one. */
export interface Choice {
  readonly mode: "run" | "detect";
  readonly buildpacks: readonly BuildpackReference[];
  /** Where they were named, for the user. */
  readonly from: string;
}

/** Heroku's, in the order in which it asks them. Whoever none of them fits may still have a Procfile: `null`. */
const officialNames = ["ruby", "nodejs", "clojure", "python", "java", "gradle", "scala", "php", "go"];

/**
 * What the app is built with. What comes first counts: the config var BUILDPACK_URL, `buildpacks:add`, the file
 * `.buildpacks`, `buildpacks` in app.json. Undefined where ours are to be asked. Throws `invalid-buildpack`.
 */
export async function chooseBuildpacks(request: BuildRequest, settings: ChoiceSettings): Promise<Choice | undefined> {
  const { config, buildpacks: { listed, manifest } = { listed: [], manifest: [] } } = request;
  const read = (text: string): BuildpackReference => parseBuildpack(text, settings.official);
  const run = (from: string, texts: readonly string[]): Choice => ({ mode: "run", from, buildpacks: texts.map(read) });
  const url = config.BUILDPACK_URL?.trim();
  if (url) return ofTheApp(run("BUILDPACK_URL", [url]), settings);
  if (listed.length > 0) return run("buildpacks:list", listed);
  const file = linesOf(await request.source.read(".buildpacks"));
  if (file.length > 0) return ofTheApp(run(".buildpacks", file), settings);
  if (manifest.length > 0) return ofTheApp(run("app.json", manifest), settings);
  if (settings.detection === "own") return undefined;
  const buildpacks = [...officialNames.map((name) => `heroku/${name}`), "static", "null"].map(read);
  return { mode: "detect", from: "official", buildpacks };
}

function linesOf(text: string | undefined): string[] {
  const lines = (text ?? "").split(/\r\n|\n|\r/).map((line) => line.trim());
  return lines.filter((line) => line !== "" && !line.startsWith("#"));
}

/** Whoever may push an app may not read this host's files by it. */
function ofTheApp(choice: Choice, { official }: ChoiceSettings): Choice {
  for (const buildpack of choice.buildpacks) {
    if (buildpack.kind !== "host" || isOfficial(buildpack.path, official)) continue;
    throw new UserError("invalid-buildpack", `${choice.from} names a folder of the host: ${buildpack.path}`, {
      hint: "Give it with buildpacks:add, or begin it with ./ for a folder of the app",
    });
  }
  return choice;
}

/** The host's own setting may point to a folder. */
function isOfficial(path: string, official: string): boolean {
  const [before = "", after = ""] = official.replace(/^file:\/\//, "").split("NAME");
  const name = path.slice(before.length, path.length - after.length);
  return before.startsWith("/") && path === before + name + after && /^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name);
}

import { parseYaml } from "../lib/yaml.ts";
import type { ConfigVars } from "../model/app.ts";
import type { AppManifest } from "../model/app-manifest.ts";
import { repeatedTypes } from "../model/procfile.ts";
import { unhonoured, unhonouredKeys, unhonouredVars } from "../model/unhonoured.ts";
import type { Source } from "./builder.ts";

export interface Honoured {
  readonly source: Pick<Source, "has" | "read">;
  readonly manifest: AppManifest;
  /** Where the manifest was found. */
  readonly manifestPath: string;
  readonly config: ConfigVars;
}

/** A sentence for all that the app brings for other platforms and that has no effect here. */
export async function unhonouredBy({ source, manifest, manifestPath, config }: Honoured): Promise<string[]> {
  return [
    ...(await ofFiles(source)),
    ...(await ofProcfile(source)),
    ...unhonouredKeys(manifestPath, unhonoured["app.json"], manifest.ignored),
    ...(await ofHerokuYml(source)),
    ...unhonouredVars(config),
  ];
}

async function ofFiles(source: Honoured["source"]): Promise<string[]> {
  const ofBuilds = (await source.has("Dockerfile")) ? {} : unhonoured.buildFile;
  const sentences: string[] = [];
  for (const [path, instead] of Object.entries({ ...unhonoured.file, ...ofBuilds })) {
    if (await source.has(path)) sentences.push(`The file ${path} has no effect. ${instead}`);
  }
  return sentences;
}

async function ofProcfile(source: Honoured["source"]): Promise<string[]> {
  const text = await source.read("Procfile");
  if (text !== undefined) {
    return repeatedTypes(text).map(
      (type) => `Procfile: '${type}' stands there more than once. Only the last one counts`,
    );
  }
  const sentences: string[] = [];
  for (const [path, right] of Object.entries(unhonoured.misnamed)) {
    if (await source.has(path)) sentences.push(`The file ${path} has no effect. Call it ${right}`);
  }
  return sentences;
}

async function ofHerokuYml(source: Honoured["source"]): Promise<string[]> {
  const text = await source.read("heroku.yml");
  const file = text === undefined ? undefined : readKeys(text);
  if (file === undefined) return [];
  if (readKeys(file.build)?.docker === undefined) {
    return ["The file heroku.yml has no effect. It counts when it names a Dockerfile under build.docker"];
  }
  const known = ["build", "run", "release"];
  const others = Object.keys(file).filter((key) => !known.includes(key));
  return unhonouredKeys("heroku.yml", unhonoured["heroku.yml"], others);
}

/** Undefined for what has no keys. What cannot be read is the builder's to refuse. */
function readKeys(value: unknown): Readonly<Record<string, unknown>> | undefined {
  try {
    const found: unknown = typeof value === "string" ? parseYaml(value) : value;
    return typeof found === "object" && found !== null ? (found as Readonly<Record<string, unknown>>) : undefined;
  } catch {
    return undefined;
  }
}

import type { Readable } from "node:stream";
import { mapTar } from "../../lib/map-tar.ts";
import type { Source } from "../builder.ts";
import { parseDockerignore } from "./dockerignore.ts";

/**
 * The source as a build's context: without what .dockerignore names, as the engine leaves that to its clients, and with
 * this text as the Dockerfile.
 */
export async function openContext(source: Source, dockerfile: string, text: string): Promise<Readable> {
  const ignore = (await source.read(`${dockerfile}.dockerignore`)) ?? (await source.read(".dockerignore"));
  const unchanged = text === (await source.read(dockerfile));
  const tar = await source.tar();
  if (ignore === undefined && unchanged) return tar;
  const isIgnored = parseDockerignore(ignore ?? "");
  return mapTar(tar, {
    // The engine reads it from the context, whatever is ignored.
    rename: (name) => (name === dockerfile || isIgnored(name) ? undefined : name),
    ended: () => [{ name: dockerfile, content: text }],
  });
}

import { posix } from "node:path";
import type { Readable } from "node:stream";
import { readTar } from "../lib/untar.ts";
import { UserError } from "../model/errors.ts";
import { commonLabels } from "./container-options.ts";
import type { DockerEngine } from "./engine.ts";
import { hasStatus } from "./errors.ts";
import { labels } from "./labels.ts";

// Procfile, app.json and the like, which nobody writes larger.
const largest = 1024 * 1024;

/**
 * Text of plain files in an image, by paths relative to its working folder; what is not there is left out. A container is
 * made for it and never started. Throws `file-too-large`.
 */
export async function imageFiles(
  engine: DockerEngine,
  { instance, app }: { readonly instance: string; readonly app: string },
  { reference, paths }: { readonly reference: string; readonly paths: readonly string[] },
): Promise<ReadonlyMap<string, string>> {
  const folder = (await engine.images.inspect(reference))?.workingDir || "/";
  const container = await engine.containers.create(`${app}.files.${engine.session.slice(0, 8)}-${++containers}`, {
    Image: reference,
    // An image without a command makes no container otherwise.
    Cmd: ["none"],
    Labels: { ...commonLabels({ instance }, "slug", app), [labels.session]: engine.session },
    NetworkDisabled: true,
  });
  try {
    const found = new Map<string, string>();
    for (const path of paths) {
      const text = await readFile(engine, container, posix.join(folder, path));
      if (text !== undefined) found.set(path, text);
    }
    return found;
  } finally {
    await engine.containers.remove(container);
  }
}

let containers = 0;

async function readFile(engine: DockerEngine, container: string, path: string): Promise<string | undefined> {
  const archive = await engine.containers.getArchive(container, path).catch((error: unknown) => {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  });
  if (archive === undefined) return undefined;
  const bytes = await readAtMost(archive, largest);
  if (bytes === undefined) {
    throw new UserError("file-too-large", `${path} of the image is larger than ${largest / 1024} kB`, {
      hint: "Procfile and app.json are small files: is it another file or a folder?",
    });
  }
  // A folder has the name of each of its files behind its own.
  return readTar(bytes)
    ?.find(({ name }) => name === posix.basename(path))
    ?.content.toString("utf8");
}

/** Undefined for what is longer. */
async function readAtMost(stream: Readable, limit: number): Promise<Buffer | undefined> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream) {
    size += (chunk as Buffer).length;
    if (size > limit) return undefined;
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}

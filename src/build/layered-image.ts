import { Readable } from "node:stream";
import { asUserError } from "../builders/dockerfile/failure.ts";
import { bestBackend } from "../docker/build-backend.ts";
import { commonLabels } from "../docker/container-options.ts";
import { makeTar } from "../lib/tar.ts";
import { localInstance, type Workshop } from "./workshop.ts";

export interface LayeredImage {
  /** Name of the new image. */
  readonly tag: string;
  readonly app: string;
  /** Lines of a Dockerfile that has no context. */
  readonly dockerfile: readonly string[];
}

/** Makes an image on top of others; the engine's cache has it where nothing has changed. Throws `build-failed`. */
export async function makeLayeredImage(
  { engine, progress, proxies, limits, signal }: Workshop,
  { tag, app, dockerfile }: LayeredImage,
): Promise<void> {
  const content = `${dockerfile.join("\n")}\n`;
  const context = makeTar([{ name: "Dockerfile", content, mode: 0o644, uid: 0, gid: 0 }]);
  const build = {
    backend: await bestBackend(engine),
    context: Readable.from([context], { objectMode: false }),
    dockerfile: "Dockerfile",
    tag,
    labels: commonLabels({ instance: localInstance }, "image", app),
    buildArgs: proxies,
    limits,
    secret: () => undefined,
    onLine: progress.line,
  };
  try {
    await engine.images.build(build, signal);
  } catch (error) {
    signal.throwIfAborted();
    throw asUserError(error, "--from and --include");
  }
}

/** A shell command as a line of a Dockerfile, whatever is in it. */
export function runLine(command: string): string {
  // The base may be said to have another shell, and a newline would end the line.
  return `RUN ${JSON.stringify(["/bin/sh", "-c", command.replace(/^RUN\s+/, "")])}`;
}

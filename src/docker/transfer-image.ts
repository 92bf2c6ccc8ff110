import type { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { EngineError } from "./errors.ts";
import { loadable } from "./loadable.ts";
import { engineMessages } from "./messages.ts";
import { handled } from "./wire.ts";

export async function pullImage(
  docker: Dockerode,
  reference: string,
  onLine: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  // Without a tag the engine would fetch all there are.
  const wanted = /:[^/]*$|@/.test(reference) ? reference : `${reference}:latest`;
  const answer = handled((await docker.pull(wanted, { abortSignal: signal })) as Readable);
  for await (const { id, status, progress, error } of engineMessages(answer)) {
    if (error !== undefined) throw new EngineError(error, undefined, undefined);
    // The bars of a terminal would be thousands of lines.
    if (status !== undefined && progress === undefined) onLine(id === undefined ? status : `${id}: ${status}`);
  }
  signal.throwIfAborted();
}

export async function loadImage(docker: Dockerode, given: Readable, signal: AbortSignal): Promise<string[]> {
  const stop = (): void => void given.destroy();
  signal.addEventListener("abort", stop, { once: true });
  let tar: Readable | undefined;
  try {
    tar = handled(await loadable(given));
    return await load(docker, tar);
  } catch (error) {
    signal.throwIfAborted();
    // The request knows of a body that breaks off only that it broke off.
    throw tar?.errored ?? error;
  } finally {
    signal.removeEventListener("abort", stop);
    tar?.destroy();
  }
}

async function load(docker: Dockerode, tar: Readable): Promise<string[]> {
  // The engine would wait for the rest.
  const request = new AbortController();
  tar.once("error", () => request.abort());
  const options = { quiet: true, abortSignal: request.signal };
  const answer = handled((await docker.loadImage(tar, options)) as Readable);
  const loaded: string[] = [];
  for await (const { stream, error } of engineMessages(answer)) {
    if (error !== undefined) throw new EngineError(error, undefined, undefined);
    const [, name] = /^Loaded image(?: ID)?: (\S+)/.exec(stream ?? "") ?? [];
    if (name !== undefined) loaded.push(name);
  }
  return loaded;
}

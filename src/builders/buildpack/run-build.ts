import type { Duplex, Readable } from "node:stream";
import { demultiplex } from "../../docker/demux.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import { handled } from "../../docker/wire.ts";
import { LineSplitter } from "../../lib/line-splitter.ts";
import type { Stopwatch } from "../../lib/stopwatch.ts";
import { writeFully } from "../../lib/write-fully.ts";
import { UserError } from "../../model/errors.ts";
import type { Progress } from "../../model/progress.ts";
import type { Source } from "../builder.ts";
import { saysOutOfMemory } from "./result.ts";

export interface BuildInput {
  readonly source: Source;
  /** Tar of files that the container has from the start, relative to its root. */
  readonly files: Buffer | undefined;
  readonly watch: Stopwatch;
}

// The result is a few lines; more than this is not one.
const resultLimit = 4 * 1024 * 1024;

/** Runs the build in its container, output to `progress` as it comes. Gives the result's lines. */
export async function runBuild(
  engine: DockerEngine,
  container: string,
  input: BuildInput,
  progress: Progress,
  signal: AbortSignal,
): Promise<string> {
  const { containers } = engine;
  const [tar, stream] = await prepare(engine, container, input, signal);
  const giveUp = (): void => {
    tar.destroy();
    stream.destroy();
  };
  signal.addEventListener("abort", giveUp, { once: true });
  try {
    signal.throwIfAborted();
    await containers.start(container);
    input.watch.lap("start");
    const [exitCode, result] = await Promise.all([
      containers.wait(container),
      readOutput(stream, progress),
      feed(tar, stream),
    ]);
    input.watch.lap("build");
    if (exitCode !== 0) throw await failure(engine, container, exitCode, result);
    return result;
  } finally {
    signal.removeEventListener("abort", giveUp);
    giveUp();
  }
}

async function prepare(
  { containers }: DockerEngine,
  id: string,
  { source, files }: BuildInput,
  signal: AbortSignal,
): Promise<[Readable, Duplex]> {
  const opened = source.tar().then(handled);
  const attached = containers.attach(id);
  try {
    const placed = files && containers.putArchive(id, "/", files, signal);
    const [tar, stream] = await Promise.all([opened, attached, placed]);
    return [tar, stream];
  } catch (error) {
    // The engine itself ends no connection to a container that never starts, and with one open no process of ours ends.
    for (const one of [opened, attached]) void one.then((stream) => stream.destroy()).catch(() => undefined);
    throw error;
  }
}

/** A build that ended before it has read everything failed; its exit code tells so. */
async function feed(tar: Readable, stream: Duplex): Promise<void> {
  for await (const chunk of tar) if (!(await writeFully(stream, chunk as Buffer))) return;
  stream.end();
}

async function readOutput(stream: Duplex, progress: Progress): Promise<string> {
  const lines = new LineSplitter((line) => progress.line(line));
  const result: Buffer[] = [];
  let size = 0;
  for await (const piece of demultiplex(stream)) {
    if (piece.stream === "stdout") {
      lines.write(piece.data);
      continue;
    }
    size += piece.data.length;
    if (size <= resultLimit) result.push(piece.data);
  }
  lines.end();
  return Buffer.concat(result).toString("utf8");
}

async function failure(engine: DockerEngine, container: string, exitCode: number, result: string): Promise<UserError> {
  const outOfMemory = saysOutOfMemory(result) || (await engine.containers.inspect(container))?.outOfMemory === true;
  if (!outOfMemory) return new UserError("build-failed", `Build failed with exit code ${exitCode}`);
  return new UserError("build-failed", `Build failed: it ran out of memory and was killed (exit code ${exitCode})`, {
    hint: "Let it have more, where the machine does: builds:set APP memory SIZE; or make the build need less",
  });
}

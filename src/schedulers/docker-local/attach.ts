import { randomInt } from "node:crypto";
import type { Duplex, Writable } from "node:stream";
import { joinAppNetwork } from "../../docker/app-network.ts";
import { runOptions } from "../../docker/container-options.ts";
import { demultiplex } from "../../docker/demux.ts";
import { hasStatus } from "../../docker/errors.ts";
import { writeFully } from "../../lib/write-fully.ts";
import { messageOf } from "../../model/errors.ts";
import type { RunIo, RunSpec, Terminal } from "../scheduler.ts";
import type { Context } from "./context.ts";
import { type Feeding, feed, feedTerminal } from "./feed.ts";
import { keepFiles } from "./keep-files.ts";
import { asUserError } from "./start.ts";

const nameAttempts = 20;

/** Runs a one-off dyno from its making to its removal. However it ends, its container is gone when this settles. */
export async function attach(context: Context, spec: RunSpec, io: RunIo): Promise<number> {
  io.signal.throwIfAborted();
  const { containers } = context.engine;
  const id = await create(context, spec, io.terminal);
  try {
    if (spec.joins !== undefined) await joinAppNetwork(context.appNetworks, spec.joins, id, []);
    const code = await run(context, id, io);
    if (code === 0) await keepFiles(context, id, spec, io.signal);
    return code;
  } catch (error) {
    // Removed by somebody else, or the caller has gone: both look like a broken stream.
    io.signal.throwIfAborted();
    throw asUserError(error, spec);
  } finally {
    await containers.remove(id);
  }
}

async function run({ engine: { containers }, logger }: Context, id: string, io: RunIo): Promise<number> {
  const stream = await containers.attach(id);
  const lost = new AbortController();
  const stop = (): void => {
    containers.stop(id).catch((error: unknown) => {
      logger.warn({ reason: messageOf(error) }, "cannot stop a one-off dyno");
      stream.destroy();
      lost.abort(error);
    });
  };
  let unsubscribe = (): void => {};
  let feeding: Feeding | undefined;
  try {
    io.signal.throwIfAborted();
    await containers.start(id);
    io.signal.addEventListener("abort", stop, { once: true });
    if (io.signal.aborted) stop();
    unsubscribe = followSize(io.terminal, (size) => {
      // It may have ended just now.
      containers
        .resize(id, size)
        .catch((error: unknown) => logger.debug({ reason: messageOf(error) }, "cannot resize"));
    });
    feeding = io.terminal === undefined ? feed(io.stdin, stream) : feedTerminal(io.stdin, stream);
    const exitCode = containers.wait(id, lost.signal);
    // A failure of the copy is what counts; this one is looked at below.
    exitCode.catch(() => undefined);
    await copyOutput(stream, io);
    feeding.stop();
    const code = await exitCode;
    io.signal.throwIfAborted();
    return code;
  } finally {
    feeding?.stop();
    io.signal.removeEventListener("abort", stop);
    unsubscribe();
    stream.destroy();
  }
}

/** `APP.run.1234`, a number that no other one-off dyno has. */
async function create(context: Context, spec: RunSpec, terminal: Terminal | undefined): Promise<string> {
  const { engine, instance, network, settings } = context;
  const place = { instance, network: network.name, session: engine.session };
  for (let attempt = 1; ; attempt++) {
    const name = `run.${randomInt(1000, 10_000)}`;
    const options = runOptions({ ...spec, name, terminal }, place, settings);
    try {
      return await engine.containers.create(`${spec.app}.${name}`, options);
    } catch (error) {
      if (!hasStatus(error, 409) || attempt === nameAttempts) throw asUserError(error, spec);
    }
  }
}

function followSize(terminal: Terminal | undefined, resize: (size: Terminal["size"]) => void): () => void {
  if (terminal === undefined) return () => {};
  resize(terminal.size);
  return terminal.onResize(resize);
}

async function copyOutput(stream: Duplex, io: RunIo): Promise<void> {
  if (io.terminal !== undefined) {
    for await (const chunk of stream) await put(io.stdout, chunk as Buffer);
    return;
  }
  for await (const { stream: output, data } of demultiplex(stream)) await put(io[output], data);
}

/** Output for a caller who has gone is dropped, so that the process comes to its end. */
async function put(output: Writable, data: Buffer): Promise<void> {
  await writeFully(output, data);
}

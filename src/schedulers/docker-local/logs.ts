import { demultiplex } from "../../docker/demux.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import { hasStatus } from "../../docker/errors.ts";
import type { LogLine, LogOptions } from "../scheduler.ts";

type Output = LogLine["stream"];

// The engine reads all that a dyno ever wrote to find what is new, unless it is told how far back to look.
const farthestBack = 10_000;

/** Ends with the container (also when it is about to be restarted), the signal, or what there is. */
export async function* logs(engine: DockerEngine, id: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { after } = options;
  const all = after === undefined ? unfiltered(engine, id, options) : since(engine, id, { ...options, after });
  try {
    for await (const line of all) if (after === undefined || line.time > after) yield line;
  } catch (error) {
    // It was removed, maybe just now.
    if (!hasStatus(error, 404, 409)) throw error;
  }
}

function since(
  engine: DockerEngine,
  id: string,
  options: LogOptions & { readonly after: string },
): AsyncGenerator<LogLine> {
  const lines = Math.min(options.lines, farthestBack);
  return unfiltered(engine, id, { ...options, lines }, Math.floor(Date.parse(options.after) / 1000));
}

async function* unfiltered(
  engine: DockerEngine,
  id: string,
  { signal, follow, lines: tail }: LogOptions,
  since?: number,
): AsyncGenerator<LogLine> {
  const begin = Date.now() / 1000;
  let last: LogLine | undefined;
  const range = since === undefined ? { tail } : { tail, since };
  for await (const line of read(engine, id, { follow, ...range }, signal)) {
    last = line;
    yield line;
  }
  if (follow) yield* missed(engine, id, { last, tail, begin }, signal);
}

/**
 * What following left out: the engine ends it with the container, and often before it has sent the last lines, which are
 * those that tell why. They are read again from the last one that came.
 */
async function* missed(
  engine: DockerEngine,
  id: string,
  { last, tail, begin }: { last: LogLine | undefined; tail: number; begin: number },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  // Times of the two outputs may be out of order by some little: the file's order counts.
  const since = last === undefined ? 0 : Math.floor(Date.parse(last.time) / 1000) - 1;
  const all = Number.MAX_SAFE_INTEGER;
  const range = last === undefined ? (tail > 0 ? { tail } : { tail: all, since: begin }) : { tail: all, since };
  let seen = last !== undefined;
  for await (const line of read(engine, id, { follow: false, ...range }, signal)) {
    if (!seen) yield line;
    else seen = !isSame(line, last);
  }
}

function isSame(one: LogLine, other: LogLine | undefined): boolean {
  return one.time === other?.time && one.stream === other.stream && one.text === other.text;
}

async function* read(
  engine: DockerEngine,
  id: string,
  options: { follow: boolean; tail: number; since?: number },
  signal: AbortSignal,
): AsyncGenerator<LogLine> {
  if (signal.aborted) return;
  const stream = await engine.containers.logs(id, options);
  const stop = (): void => void stream.destroy();
  if (signal.aborted) stop();
  signal.addEventListener("abort", stop, { once: true });
  const lines = { stdout: new LineAssembler("stdout"), stderr: new LineAssembler("stderr") };
  try {
    for await (const { stream: output, data, ends } of demultiplex(stream)) {
      const line = lines[output].push(data, ends);
      if (line) yield line;
    }
    for (const line of [lines.stdout.flush(), lines.stderr.flush()]) if (line) yield line;
  } catch (error) {
    if (!signal.aborted) throw error;
  } finally {
    signal.removeEventListener("abort", stop);
    stream.destroy();
  }
}

// A line longer than this is cut: a dyno that prints no line end must not fill the daemon's memory.
const lineLimit = 1024 * 1024;
const newline = 0x0a;

/**
 * Makes lines of log messages. The engine splits a long line into messages of 16 KiB, each with the time in front; only
 * the last one ends with a newline.
 */
export class LineAssembler {
  readonly #stream: Output;
  #message: Buffer[] = [];
  #line: { time: string; parts: Buffer[]; size: number } | undefined;

  constructor(stream: Output) {
    this.#stream = stream;
  }

  /** The line that this piece completes, if it does. */
  push(data: Buffer, ends: boolean): LogLine | undefined {
    this.#message.push(data);
    if (!ends) return undefined;
    const message = Buffer.concat(this.#message);
    this.#message = [];
    const space = message.indexOf(" ");
    if (space === -1) return undefined;
    this.#line ??= { time: message.toString("latin1", 0, space), parts: [], size: 0 };
    const text = message.subarray(space + 1);
    this.#line.parts.push(text);
    this.#line.size += text.length;
    return text.at(-1) === newline || this.#line.size >= lineLimit ? this.flush() : undefined;
  }

  /** What is there of a line that has no end. */
  flush(): LogLine | undefined {
    if (this.#line === undefined) return undefined;
    const { time, parts } = this.#line;
    this.#line = undefined;
    return {
      time,
      stream: this.#stream,
      text: Buffer.concat(parts)
        .toString("utf8")
        .replace(/\r?\n$/, ""),
    };
  }
}

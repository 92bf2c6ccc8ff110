import { demultiplex } from "../../docker/demux.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import type { LogLine, LogOptions } from "../scheduler.ts";

type Output = LogLine["stream"];

/** Ends with the container (also when it is about to be restarted), the signal, or what there is. */
export async function* logs(engine: DockerEngine, id: string, options: LogOptions): AsyncGenerator<LogLine> {
  const { signal, follow } = options;
  if (signal.aborted) return;
  const stream = await engine.containers.logs(id, { follow, tail: options.lines });
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

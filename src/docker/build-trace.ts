import { LineSplitter } from "../lib/line-splitter.ts";
import { readFields } from "../lib/protobuf.ts";

interface Step {
  readonly number: number;
  readonly name: string;
  readonly lines: LineSplitter;
  ended: boolean;
}

/** One step of a build, as a StatusResponse of BuildKit's control API tells it. */
interface Vertex {
  digest: string;
  name: string;
  cached: boolean;
  started: number | undefined;
  completed: number | undefined;
  error: string;
}

// How the context gets in and the image out; nobody wrote these steps.
const housekeeping = /^\[internal\]|^copy \/context|^exporting /;

/** Turns what BuildKit tells of a build into lines, as they come: `#2 [2/3] RUN make`, `#2 its output`, `#2 DONE 1.2s`. */
export class BuildTrace {
  readonly #onLine: (line: string) => void;
  readonly #steps = new Map<string, Step>();

  constructor(onLine: (line: string) => void) {
    this.#onLine = onLine;
  }

  /** One `moby.buildkit.trace`, decoded from base64. */
  write(response: Buffer): void {
    for (const { number, value } of readFields(response)) {
      if (typeof value === "number") continue;
      if (number === 1) this.#vertex(readVertex(value));
      if (number === 3) this.#log(value);
    }
  }

  #vertex(vertex: Vertex): void {
    if (vertex.started === undefined || housekeeping.test(vertex.name)) return;
    const step = this.#steps.get(vertex.digest) ?? this.#begin(vertex);
    if (step.ended || vertex.completed === undefined) return;
    // A step may be told as completed twice: asked for, then done. Only the one that took time has an error or output.
    step.lines.end();
    step.ended = true;
    this.#onLine(`#${step.number} ${outcome(vertex, vertex.started, vertex.completed)}`);
  }

  #begin({ digest, name }: Vertex): Step {
    const number = this.#steps.size + 1;
    const lines = new LineSplitter((line) => this.#onLine(`#${number} ${line}`));
    const step = { number, name, lines, ended: false };
    this.#steps.set(digest, step);
    this.#onLine(`#${number} ${name.split("\n").join(" ")}`);
    return step;
  }

  #log(log: Buffer): void {
    let digest = "";
    for (const { number, value } of readFields(log)) {
      if (typeof value === "number") continue;
      if (number === 1) digest = value.toString();
      if (number === 4) this.#steps.get(digest)?.lines.write(value);
    }
  }
}

function outcome({ cached, error }: Vertex, started: number, completed: number): string {
  if (error !== "") return `ERROR: ${error}`;
  return cached ? "CACHED" : `DONE ${(completed - started).toFixed(1)}s`;
}

function readVertex(message: Buffer): Vertex {
  const vertex: Vertex = {
    digest: "",
    name: "",
    cached: false,
    started: undefined,
    completed: undefined,
    error: "",
  };
  for (const { number, value } of readFields(message)) {
    if (number === 4) vertex.cached = value === 1;
    if (typeof value === "number") continue;
    if (number === 1) vertex.digest = value.toString();
    if (number === 3) vertex.name = value.toString();
    if (number === 5) vertex.started = readTime(value);
    if (number === 6) vertex.completed = readTime(value);
    if (number === 7) vertex.error = value.toString();
  }
  return vertex;
}

/** In seconds. */
function readTime(message: Buffer): number {
  let [seconds, nanos] = [0, 0];
  for (const { number, value } of readFields(message)) {
    if (typeof value !== "number") continue;
    if (number === 1) seconds = value;
    if (number === 2) nanos = value;
  }
  return seconds + nanos / 1e9;
}

import type { Readable } from "node:stream";

/** One line of what the engine tells of a build, a pull or a load. */
export interface EngineMessage {
  readonly id?: string;
  readonly aux?: unknown;
  readonly stream?: string;
  readonly status?: string;
  readonly progress?: string;
  readonly error?: string;
}

// One message may carry much of a step's output.
const longest = 16 * 1024 * 1024;

/** The messages as they come. One that cannot be read is passed over. */
export async function* engineMessages(answer: Readable): AsyncGenerator<EngineMessage> {
  let parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const message = parse(Buffer.concat([...parts, chunk.subarray(from, end)]));
      parts = [];
      size = 0;
      from = end + 1;
      if (message !== undefined) yield message;
    }
    const rest = chunk.subarray(from);
    size += rest.length;
    if (size <= longest) parts.push(rest);
  }
  const last = parse(Buffer.concat(parts));
  if (last !== undefined) yield last;
}

function parse(text: Buffer): EngineMessage | undefined {
  try {
    const value: unknown = JSON.parse(text.toString("utf8"));
    return typeof value === "object" && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

import type { Writable } from "node:stream";

/** Text on its way to a client that may read slower than a build writes. */
export interface PushOutput {
  /** Leaves lines out, and later says how many, while more than the limit waits to be read. */
  write(text: string): void;
  /** For the few lines that must arrive. */
  insist(text: string): void;
}

export function createPushOutput(stream: Writable, limit = 1024 * 1024): PushOutput {
  let leftOut = 0;
  const insist = (text: string): void => {
    if (!stream.writable) return;
    if (leftOut > 0)
      stream.write(`       (${leftOut} lines were left out here: the connection was too slow for them)\n`);
    leftOut = 0;
    stream.write(text);
  };
  return {
    write(text) {
      if (stream.writableLength > limit) leftOut += countLines(text);
      else insist(text);
    },
    insist,
  };
}

function countLines(text: string): number {
  let count = 0;
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) count += 1;
  return count;
}

import type { Readable } from "node:stream";
import type { Extract } from "tar-stream";

// Names and links have 4096 bytes at most; an archive that was padded for a tape has more than that of nothing at its end.
const longest = 16 * 1024 * 1024;

/**
 * The source of an extraction, which ends with an error where much goes in and no entry comes out: tar-stream keeps a header
 * in memory until it is whole, and one may say of itself that it has gigabytes, which in a packed archive cost nothing.
 */
export async function* makingProgress(source: Readable, entries: Extract): AsyncGenerator<Buffer> {
  let unread = 0;
  const progress = (): void => {
    unread = 0;
  };
  entries.on("entry", (_header, content) => {
    progress();
    content.on("data", progress);
  });
  for await (const chunk of source as AsyncIterable<Buffer>) {
    unread += chunk.length;
    if (unread > longest) throw new Error(`there are ${longest} bytes in it that are no file`);
    yield chunk;
  }
}

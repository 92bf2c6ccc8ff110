import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Headers, pack } from "tar-stream";
import { makingProgress } from "./tar-progress.ts";

/** A file to add. */
export interface AddedFile {
  readonly name: string;
  readonly content: string;
}

export interface TarMap {
  /** The new name of an entry, or undefined to leave it out. Folders come without a slash at their end. */
  readonly rename: (name: string) => string | undefined;
  /** Called once, after the last entry. What it throws is the stream's error. */
  readonly ended?: () => readonly AddedFile[];
}

/** The archive with other names, as a stream: nothing of it is kept in memory. Destroying the result ends the source. */
export function mapTar(source: Readable, { rename, ended }: TarMap): Readable {
  const entries = extract();
  const output = pack();
  entries.on("entry", (header, content, next) => {
    const name = rename(header.name.replace(/\/+$/, ""));
    if (name === undefined) {
      content.on("end", next).resume();
      return;
    }
    // Not its pax header, which has the old name once more.
    const { type, mode, uid, gid, mtime, size, linkname } = header;
    const entry = { name, type, mode, uid, gid, mtime, size, linkname } as Headers;
    if (type === "file" || type === "contiguous-file") {
      content.pipe(output.entry(entry, next));
      return;
    }
    output.entry(entry);
    content.on("end", next).resume();
  });
  pipeline(makingProgress(source, entries), entries).then(
    () => {
      try {
        for (const { name, content } of ended?.() ?? []) output.entry({ name, mode: 0o644 }, content);
        output.finalize();
      } catch (error) {
        output.destroy(error as Error);
      }
    },
    (error: Error) => output.destroy(error),
  );
  // Node's own stream: an error before anybody listens is not lost.
  const result = new PassThrough();
  pipeline(output as unknown as Readable, result).catch(() => source.destroy());
  return result;
}

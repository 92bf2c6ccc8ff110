import { PassThrough, type Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import { extract, type Headers, type Pack, pack } from "tar-stream";
import { makingProgress } from "./tar-progress.ts";

/** A file to add. */
export interface AddedFile {
  readonly name: string;
  readonly content: string;
}

export interface TarMap {
  /** The new name of an entry, or undefined to leave it out. Folders come without a slash at their end. */
  readonly rename?: (name: string) => string | undefined;
  /** What looks at a file's text before anything of it goes on; undefined where nothing has to. What it throws is the stream's error. */
  readonly check?: (name: string) => ((text: string) => void) | undefined;
  /** Called once, after the last entry. What it throws is the stream's error. */
  readonly ended?: () => readonly AddedFile[];
}

// Of a file that is looked at, which is in memory then.
const longestChecked = 4 * 1024 * 1024;

/** The archive with other names, as a stream: nothing of it is kept in memory. Destroying the result ends the source. */
export function mapTar(source: Readable, map: TarMap): Readable {
  const entries = extract();
  const output = pack();
  let failure: { readonly error: unknown } | undefined;
  const fail = (error: unknown): void => {
    failure ??= { error };
    entries.destroy(error as Error);
  };
  entries.on("entry", (header, content, next) => {
    try {
      passOn(header, content as unknown as Readable, { map, output, next, fail });
    } catch (error) {
      fail(error);
    }
  });
  pipeline(makingProgress(source, entries), entries).then(
    () => {
      try {
        if (failure !== undefined) throw failure.error;
        for (const { name, content } of map.ended?.() ?? []) output.entry({ name, mode: 0o644 }, content);
        output.finalize();
      } catch (error) {
        output.destroy(error as Error);
      }
    },
    (error: Error) => output.destroy((failure?.error ?? error) as Error),
  );
  // Node's own stream: an error before anybody listens is not lost.
  const result = new PassThrough();
  pipeline(output as unknown as Readable, result).catch(() => source.destroy());
  return result;
}

interface Passing {
  readonly map: TarMap;
  readonly output: Pack;
  readonly next: () => void;
  readonly fail: (error: unknown) => void;
}

function passOn(header: Headers, content: Readable, { map, output, next, fail }: Passing): void {
  const before = header.name.replace(/\/+$/, "");
  const name = map.rename === undefined ? before : map.rename(before);
  if (name === undefined) {
    content.on("end", next).resume();
    return;
  }
  // Not its pax header, which has the old name once more.
  const { type, mode, uid, gid, mtime, size, linkname } = header;
  const isFile = type === "file" || type === "contiguous-file";
  const entry = { name, type, mode, uid, gid, mtime, size: isFile ? size : 0, linkname } as Headers;
  const check = map.check?.(name);
  if (check !== undefined && type !== "directory") {
    if (!isFile || (size ?? 0) > longestChecked) throw new Error(`${name} is no file of a fitting size`);
    text(content)
      .then((found) => {
        check(found);
        output.entry({ ...entry, size: Buffer.byteLength(found) }, found, next);
      })
      .catch(fail);
  } else if (isFile) {
    content.pipe(output.entry(entry, next));
  } else {
    output.entry(entry);
    content.on("end", next).resume();
  }
}

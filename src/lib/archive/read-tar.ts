import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { extract, type Headers } from "tar-stream";
import { makingProgress } from "../tar-progress.ts";
import { Allowance, ArchiveError, type ArchiveLimits, entryPath, type OnEntry, shown } from "./archive.ts";

export async function readTar(tar: Readable, limits: ArchiveLimits, onEntry: OnEntry): Promise<void> {
  const allowance = new Allowance(limits);
  const entries = extract();
  // tar-stream ends well where the archive does not: a failure of ours is kept.
  let failure: { readonly error: unknown } | undefined;
  entries.on("entry", (header, content, next) => {
    // Not the stream itself: who ends one of those ends the whole archive, and to read it to its end is to end it.
    const body = new PassThrough();
    const ended = new Promise((resolve) => content.once("end", resolve));
    content.pipe(body);
    take(header, body, allowance, onEntry)
      .then(() => {
        body.resume();
        return ended;
      })
      .then(
        () => next(),
        (error: unknown) => {
          failure ??= { error };
          entries.destroy(error as Error);
        },
      );
  });
  try {
    await pipeline(makingProgress(tar, entries), entries);
  } catch (error) {
    if (failure !== undefined) throw failure.error;
    if (error instanceof ArchiveError) throw error;
    throw new ArchiveError("archive-unreadable", `The archive cannot be read: ${(error as Error).message}`, error);
  }
  if (failure !== undefined) throw failure.error;
}

async function take(header: Headers, content: Readable, allowance: Allowance, onEntry: OnEntry): Promise<void> {
  const path = entryPath(header.name);
  const { type, size = 0, mode = 0 } = header;
  // An extended header may say anything of it, and the count of bytes must not go down.
  if (!(size >= 0)) {
    throw new ArchiveError(
      "archive-unreadable",
      `The archive cannot be read: the size of ${shown(header.name)} is none`,
    );
  }
  allowance.take(size);
  if (path === "" || type === "directory") return;
  switch (type) {
    case "file":
    case "contiguous-file":
      return await onEntry({ kind: "file", path, size, executable: (mode & 0o111) !== 0, content });
    case "symlink":
      return await onEntry({ kind: "link", path, target: header.linkname ?? "" });
    case "link":
      return await onEntry({ kind: "copy", path, of: entryPath(header.linkname ?? "") });
    default: {
      const what = type === "fifo" ? "a named pipe" : type?.endsWith("-device") ? "a device" : "what is no plain file";
      throw new ArchiveError("archive-unsafe", `Archive contains ${what}: ${shown(header.name)}`);
    }
  }
}

import { createReadStream } from "node:fs";
import { lstat, readlink } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { type Pack, pack } from "tar-stream";

/**
 * Files of a folder as an uncompressed tar, as a stream: links as links, and of the modes only who may execute. An error of
 * reading is the stream's. Destroying it ends the reading.
 */
export function packFolder(folder: string, paths: readonly string[]): Readable {
  const tar = pack();
  const result = new PassThrough();
  pipeline(tar as unknown as Readable, result).catch(() => undefined);
  add(tar, folder, paths).then(
    () => tar.finalize(),
    (error: Error) => result.destroy(error),
  );
  return result;
}

async function add(tar: Pack, folder: string, paths: readonly string[]): Promise<void> {
  for (const name of paths) {
    const path = join(folder, name);
    const {
      size,
      mode: found,
      mtime,
      ...kind
    } = await lstat(path).then((stats) => ({
      ...{ size: stats.size, mode: stats.mode, mtime: stats.mtime },
      isLink: stats.isSymbolicLink(),
    }));
    if (kind.isLink) {
      tar.entry({ name, type: "symlink", linkname: await readlink(path), mtime });
      continue;
    }
    const mode = (found & 0o111) === 0 ? 0o644 : 0o755;
    const entry = tar.entry({ name, size, mode, mtime });
    // Not more than was announced, of a file that grows meanwhile.
    const content = size === 0 ? undefined : createReadStream(path, { end: size - 1 });
    if (content === undefined) entry.end();
    else await pipeline(content, entry as unknown as NodeJS.WritableStream);
  }
}

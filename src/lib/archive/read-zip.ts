import type { Readable } from "node:stream";
import { buffer } from "node:stream/consumers";
import { type Entry, openPromise, type ZipFile } from "yauzl";
import { Allowance, ArchiveError, type ArchiveLimits, entryPath, type OnEntry, shown } from "./archive.ts";

// A link's target is a path; Linux has none that are longer.
const longestTarget = 4096;

/** A zip file has its list at the end, so it is read from the disk. */
export async function readZip(path: string, limits: ArchiveLimits, onEntry: OnEntry): Promise<void> {
  const zip = await openPromise(path, { decodeStrings: true, lazyEntries: true, autoClose: false }).catch(unreadable);
  try {
    const allowance = new Allowance(limits);
    for await (const entry of zip.eachEntry()) await take(zip, entry, allowance, onEntry);
  } catch (error) {
    if (error instanceof ArchiveError) throw error;
    return await unreadable(error);
  } finally {
    zip.close();
  }
}

async function take(zip: ZipFile, entry: Entry, allowance: Allowance, onEntry: OnEntry): Promise<void> {
  const path = entryPath(entry.fileName);
  allowance.take(entry.uncompressedSize);
  if (path === "" || entry.fileName.endsWith("/")) return;
  if (entry.isEncrypted()) throw new ArchiveError("archive-unsafe", `Archive has an encrypted entry: ${shown(path)}`);
  // What unix zip keeps of the file's mode; 0 where another system made the archive.
  const mode = entry.externalFileAttributes >>> 16;
  const kind = mode & 0o170000;
  const content: Readable = await zip.openReadStreamPromise(entry);
  if (kind === 0o120000) {
    if (entry.uncompressedSize > longestTarget) {
      throw new ArchiveError("archive-unsafe", `Archive has a link that is too long: ${shown(path)}`);
    }
    return await onEntry({ kind: "link", path, target: (await buffer(content)).toString("utf8") });
  }
  if (kind !== 0 && kind !== 0o100000) {
    const what = kind === 0o010000 ? "a named pipe" : "a device";
    throw new ArchiveError("archive-unsafe", `Archive contains ${what}: ${shown(path)}`);
  }
  await onEntry({ kind: "file", path, size: entry.uncompressedSize, executable: (mode & 0o111) !== 0, content });
}

function unreadable(error: unknown): never {
  const { message } = error as Error;
  // yauzl refuses such names before we see them.
  const [, name] = /^(?:absolute path|invalid relative path): (.*)$/s.exec(message) ?? [];
  if (name !== undefined) entryPath(name);
  throw new ArchiveError("archive-unreadable", `The archive cannot be read: ${message}`, error);
}

import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Readable, Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { ArchiveError, type ArchiveLimits, type OnEntry } from "./archive.ts";
import { peek, unpacker } from "./peek.ts";
import { readTar } from "./read-tar.ts";
import { readZip } from "./read-zip.ts";

export interface ArchiveInput {
  readonly stream: Readable;
  readonly limits: ArchiveLimits;
  /** Folder for a zip while it is read; made where it is missing. */
  readonly scratch: string;
}

/**
 * Reads a tar, plain or packed with gzip or zstd, or a zip: which one, its first bytes tell. Nothing of it is ever written
 * under the names that are in it. Throws ArchiveError, and what the stream breaks off with.
 */
export async function readArchive({ stream, limits, scratch }: ArchiveInput, onEntry: OnEntry): Promise<void> {
  const { head, whole } = await peek(stream, limits.bytes);
  const unpack = unpacker(head);
  try {
    if (head.toString("latin1", 0, 2) === "PK") await readStoredZip(whole, { limits, scratch }, onEntry);
    else if (unpack !== undefined) await readPacked(whole, unpack, limits, onEntry);
    else if (head.toString("latin1", 257, 262) === "ustar") await readTar(whole, limits, onEntry);
    else throw new ArchiveError("archive-unreadable", `This is no archive: a tar, tar.gz, tar.zst or zip is wanted`);
  } finally {
    whole.destroy();
    stream.destroy();
  }
}

async function readPacked(packed: Readable, unpack: Transform, limits: ArchiveLimits, onEntry: OnEntry): Promise<void> {
  const [unpacking, reading] = await Promise.allSettled([pipeline(packed, unpack), readTar(unpack, limits, onEntry)]);
  // What ended the reading has ended the unpacking too.
  if (reading.status === "rejected" && isOurs(reading.reason)) throw reading.reason;
  if (unpacking.status === "rejected") throw asUnreadable(unpacking.reason);
  if (reading.status === "rejected") throw reading.reason;
}

async function readStoredZip(
  zip: Readable,
  { limits, scratch }: Omit<ArchiveInput, "stream">,
  onEntry: OnEntry,
): Promise<void> {
  await mkdir(scratch, { recursive: true, mode: 0o700 });
  const path = join(scratch, `${randomUUID()}.zip`);
  try {
    await pipeline(zip, createWriteStream(path, { mode: 0o600 }));
    await readZip(path, limits, onEntry);
  } finally {
    await rm(path, { force: true });
  }
}

function isOurs(error: unknown): boolean {
  return error instanceof ArchiveError && error.code !== "archive-unreadable";
}

function asUnreadable(error: unknown): unknown {
  if (error instanceof ArchiveError || !/^(Z_|ZSTD_|ERR_)/.test((error as NodeJS.ErrnoException).code ?? ""))
    return error;
  return new ArchiveError("archive-unreadable", `The archive cannot be read: ${(error as Error).message}`, error);
}

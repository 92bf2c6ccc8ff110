import { type FileHandle, open, rename, rm } from "node:fs/promises";
import { delay } from "../lib/delay.ts";
import { LineSplitter } from "../lib/line-splitter.ts";
import { accessLogFile } from "../model/access-log.ts";
import type { LogPosition, RouterLine, RouterLogs } from "./router-logs.ts";

const lookMs = 200;
const blockBytes = 64 * 1024;
const usualLineBytes = 512;

export function createAccessLogFiles(folder: string): RouterLogs {
  const path = (app: string) => accessLogFile(folder, app);
  return {
    last: (app, count) => last(path(app), count),
    follow: (app, from, signal) => follow(path(app), from, signal),
    rename: async (app, name) => {
      await Promise.all(["", ".1"].map((end) => rename(path(app) + end, path(name) + end).catch(ifMissing)));
    },
    remove: async (app) => {
      await Promise.all(["", ".1"].map((end) => rm(path(app) + end, { force: true })));
    },
  };
}

async function last(path: string, count: number) {
  const newest = await lastOf(path, count);
  const missing = count - newest.lines.length;
  const older = missing > 0 ? (await lastOf(`${path}.1`, missing)).lines : [];
  const lines = [...older, ...newest.lines].sort((a, b) => (a.time < b.time ? -1 : a.time > b.time ? 1 : 0));
  return { lines, end: newest.end };
}

interface FileEnd {
  readonly lines: readonly RouterLine[];
  readonly end: LogPosition;
}

/** Reads a guess from the end, and all where that was too little. */
async function lastOf(path: string, count: number): Promise<FileEnd> {
  const file = await openIfThere(path);
  if (file === undefined) return { lines: [], end: { inode: 0, offset: 0 } };
  try {
    const { size, ino } = await file.stat();
    const guess = Math.min(size, blockBytes + count * usualLineBytes);
    let text = await textOf(file, size - guess, guess);
    if (guess < size && text.split("\n").length < count + 2) text = await textOf(file, 0, size);
    else if (guess < size) text = text.slice(text.indexOf("\n") + 1);
    const whole = text.slice(0, text.lastIndexOf("\n") + 1);
    const lines = count === 0 ? [] : whole.split("\n").slice(0, -1).slice(-count).map(parsed);
    return { lines, end: { inode: ino, offset: size - Buffer.byteLength(text.slice(whole.length)) } };
  } finally {
    await file.close();
  }
}

async function textOf(file: FileHandle, offset: number, length: number): Promise<string> {
  const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(length), 0, length, offset);
  return buffer.toString("utf8", 0, bytesRead);
}

/** Looks now and then: it is done by few, for a short time, and workers write five times a second at most. */
async function* follow(path: string, from: LogPosition, signal: AbortSignal): AsyncGenerator<RouterLine> {
  let reader = await firstReader(path, from);
  try {
    while (!signal.aborted) {
      if (reader !== undefined) yield* reader.read();
      const next = await nextReader(path, reader);
      if (next === undefined) {
        await delay(lookMs, signal).catch(() => undefined);
        continue;
      }
      // Set aside since: what was written in the last moment is read before the new one is.
      if (reader !== undefined) yield* reader.read();
      await reader?.close();
      reader = next;
    }
  } finally {
    await reader?.close();
  }
}

async function firstReader(path: string, { inode, offset }: LogPosition): Promise<Reader | undefined> {
  if (inode === 0) return undefined;
  for (const candidate of [path, `${path}.1`]) {
    const file = await openIfThere(candidate);
    if (file !== undefined && (await file.stat()).ino === inode) return new Reader(file, inode, offset);
    await file?.close();
  }
  return undefined;
}

/** Of the file that bears the name now, where that is another one. */
async function nextReader(path: string, reader: Reader | undefined): Promise<Reader | undefined> {
  const file = await openIfThere(path);
  if (file === undefined) return undefined;
  const { ino } = await file.stat();
  if (ino !== reader?.inode) return new Reader(file, ino, 0);
  await file.close();
  return undefined;
}

class Reader {
  readonly inode: number;
  readonly #file: FileHandle;
  readonly #splitter: LineSplitter;
  #offset: number;
  #ready: RouterLine[] = [];

  constructor(file: FileHandle, inode: number, offset: number) {
    this.#file = file;
    this.inode = inode;
    this.#offset = offset;
    this.#splitter = new LineSplitter((line) => this.#ready.push(parsed(line)));
  }

  /** What is there and was not read yet, in whole lines. */
  async *read(): AsyncGenerator<RouterLine> {
    for (;;) {
      const { buffer, bytesRead } = await this.#file.read(Buffer.allocUnsafe(blockBytes), 0, blockBytes, this.#offset);
      if (bytesRead === 0) return;
      this.#offset += bytesRead;
      this.#splitter.write(buffer.subarray(0, bytesRead));
      const ready = this.#ready;
      this.#ready = [];
      yield* ready;
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

function parsed(line: string): RouterLine {
  const space = line.indexOf(" ");
  return { time: line.slice(0, space), text: line.slice(space + 1) };
}

async function openIfThere(path: string): Promise<FileHandle | undefined> {
  try {
    return await open(path, "r");
  } catch (error) {
    ifMissing(error);
    return undefined;
  }
}

function ifMissing(error: unknown): void {
  if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
}

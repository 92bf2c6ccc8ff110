import { Readable } from "node:stream";

/** A file or folder to put into a tar archive. */
export interface TarEntry {
  /** Relative, with `/`; a folder's ends with one. */
  readonly name: string;
  readonly content?: string | Uint8Array;
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

const blockSize = 512;

/** A small archive in memory, POSIX ustar with pax headers for long names: enough to hand files to a container. */
export function makeTar(entries: readonly TarEntry[]): Buffer {
  const blocks: Buffer[] = [];
  for (const entry of entries) {
    const content = Buffer.from(entry.content ?? "");
    const name = Buffer.from(entry.name);
    if (name.length > 100) {
      const record = paxRecord("path", name);
      blocks.push(header(Buffer.from("pax"), record.length, "x", entry), ...padded(record));
    }
    const type = entry.name.endsWith("/") ? "5" : "0";
    blocks.push(header(name.subarray(0, 100), content.length, type, entry), ...padded(content));
  }
  blocks.push(Buffer.alloc(2 * blockSize));
  return Buffer.concat(blocks);
}

/** An archive of one file of a known size, as a stream. Its name has 100 characters at most. */
export function tarOfFile(entry: Omit<TarEntry, "content"> & { readonly size: number }, content: Readable): Readable {
  const { size } = entry;
  const pieces = async function* () {
    yield header(Buffer.from(entry.name), size, "0", entry);
    yield* content;
    yield Buffer.alloc(((blockSize - (size % blockSize)) % blockSize) + 2 * blockSize);
  };
  const tar = Readable.from(pieces(), { objectMode: false });
  tar.once("close", () => content.destroy());
  return tar;
}

function header(name: Buffer, size: number, type: string, entry: TarEntry): Buffer {
  const block = Buffer.alloc(blockSize);
  const octal = (value: number, offset: number, length: number): void => {
    block.write(value.toString(8).padStart(length - 1, "0"), offset, "latin1");
  };
  name.copy(block, 0);
  octal(entry.mode, 100, 8);
  octal(entry.uid, 108, 8);
  octal(entry.gid, 116, 8);
  octal(size, 124, 12);
  octal(0, 136, 12);
  block.write(type, 156, "latin1");
  block.write("ustar\x0000", 257, "latin1");
  // The checksum is over the header with spaces in the checksum's own place.
  block.fill(" ", 148, 156);
  octal(
    block.reduce((sum, byte) => sum + byte, 0),
    148,
    7,
  );
  block[154] = 0;
  return block;
}

/** `LENGTH path=NAME\n`, where LENGTH counts itself. */
function paxRecord(key: string, value: Buffer): Buffer {
  const rest = Buffer.concat([Buffer.from(` ${key}=`), value, Buffer.from("\n")]);
  let length = rest.length + 1;
  while (String(length).length + rest.length !== length) length = String(length).length + rest.length;
  return Buffer.concat([Buffer.from(String(length)), rest]);
}

function padded(content: Buffer): Buffer[] {
  const missing = (blockSize - (content.length % blockSize)) % blockSize;
  return missing === 0 ? [content] : [content, Buffer.alloc(missing)];
}

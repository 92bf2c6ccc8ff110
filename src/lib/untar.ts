const blockSize = 512;

export interface UnpackedFile {
  readonly name: string;
  readonly content: Buffer;
  /** A symbolic or hard link: its content is elsewhere. */
  readonly isLink: boolean;
}

/**
 * The plain files and links of a small archive in memory, whatever else is in it; undefined for what is no archive. Long
 * names may be in the way of POSIX (a prefix, or a header of type x) or of GNU (type L).
 */
export function readTar(archive: Buffer): UnpackedFile[] | undefined {
  const files: UnpackedFile[] = [];
  let longName: string | undefined;
  for (let offset = 0; offset + blockSize <= archive.length; ) {
    const header = archive.subarray(offset, offset + blockSize);
    if (header.every((byte) => byte === 0)) return files;
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (!isHeader(header) || !(size >= 0)) return undefined;
    const start = offset + blockSize;
    if (start + size > archive.length) return undefined;
    const content = archive.subarray(start, start + size);
    const type = text(header, 156, 1);
    if (type === "x") longName = paxPath(content) ?? longName;
    else if (type === "L") longName = text(content, 0, size);
    else if (type !== "g") {
      if (/^[0127]?$/.test(type)) {
        files.push({ name: longName ?? nameOf(header), content, isLink: type === "1" || type === "2" });
      }
      longName = undefined;
    }
    offset = start + Math.ceil(size / blockSize) * blockSize;
  }
  return undefined;
}

/** The checksum is over the header with spaces in the checksum's own place. The oldest format has no other mark. */
function isHeader(header: Buffer): boolean {
  const sum = header.reduce((total, byte, at) => total + (at >= 148 && at < 156 ? 0x20 : byte), 0);
  return Number.parseInt(text(header, 148, 8), 8) === sum;
}

function nameOf(header: Buffer): string {
  const name = text(header, 0, 100);
  // GNU's own format, whose magic is "ustar  ", has times in the place of the prefix.
  const prefix = header.toString("latin1", 257, 263) === "ustar\0" ? text(header, 345, 155) : "";
  return prefix === "" ? name : `${prefix}/${name}`;
}

/** Records are `LENGTH key=value\n`, where LENGTH, in bytes, counts itself. */
function paxPath(records: Buffer): string | undefined {
  let path: string | undefined;
  for (let offset = 0; offset < records.length; ) {
    const length = Number.parseInt(records.toString("latin1", offset, offset + 12), 10);
    if (!(length > 0)) return path;
    const record = records.toString("utf8", offset, offset + length - 1);
    path = /^\d+ path=([\s\S]*)$/.exec(record)?.[1] ?? path;
    offset += length;
  }
  return path;
}

function text(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.toString("latin1", offset, offset + length);
  const end = field.indexOf("\0");
  return (end < 0 ? field : field.slice(0, end)).trim();
}

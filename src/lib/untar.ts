const blockSize = 512;

export interface UnpackedFile {
  readonly name: string;
  readonly content: Buffer;
}

/** The plain files of a small archive in memory, whatever else is in it; undefined for what is no archive. */
export function readTar(archive: Buffer): UnpackedFile[] | undefined {
  const files: UnpackedFile[] = [];
  for (let offset = 0; offset + blockSize <= archive.length; ) {
    const header = archive.subarray(offset, offset + blockSize);
    if (header.every((byte) => byte === 0)) return files;
    const size = Number.parseInt(text(header, 124, 12), 8);
    if (text(header, 257, 5) !== "ustar" || !(size >= 0)) return undefined;
    const start = offset + blockSize;
    if (start + size > archive.length) return undefined;
    const type = text(header, 156, 1);
    if (type === "0" || type === "") {
      files.push({ name: text(header, 0, 100), content: archive.subarray(start, start + size) });
    }
    offset = start + Math.ceil(size / blockSize) * blockSize;
  }
  return undefined;
}

function text(header: Buffer, offset: number, length: number): string {
  const field = header.toString("latin1", offset, offset + length);
  const end = field.indexOf("\0");
  return (end < 0 ? field : field.slice(0, end)).trim();
}

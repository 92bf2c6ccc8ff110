import type { Readable } from "node:stream";

/** One entry that matters: folders are only the paths of their files. */
export type ArchiveEntry =
  | {
      readonly kind: "file";
      readonly path: string;
      /** Bytes that `content` has. */
      readonly size: number;
      readonly executable: boolean;
      readonly content: Readable;
    }
  /** A symbolic link. */
  | { readonly kind: "link"; readonly path: string; readonly target: string }
  /** A hard link: the same content as an earlier file. */
  | { readonly kind: "copy"; readonly path: string; readonly of: string };

export interface ArchiveLimits {
  readonly files: number;
  /** Of the archive, and of what is in it. */
  readonly bytes: number;
}

/** Told one entry after the other; the next comes when the promise resolves and the content has been read. */
export type OnEntry = (entry: ArchiveEntry) => Promise<void>;

/** An archive that is not to be had. `code` is stable, the message names the entry. */
export class ArchiveError extends Error {
  override readonly name = "ArchiveError";
  readonly code: "archive-unsafe" | "archive-too-large" | "archive-unreadable";

  constructor(code: ArchiveError["code"], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

/** The path of an entry without a slash at its end and without `./`, or a refusal that names it. Empty for the root. */
export function entryPath(name: string): string {
  const refuse = (what: string): never => {
    throw new ArchiveError("archive-unsafe", `Archive contains entries with ${what}: ${shown(name)}`);
  };
  if (name.startsWith("/") || /^[A-Za-z]:[\\/]/.test(name) || name.startsWith("\\")) refuse("absolute paths");
  if (name.includes("\0")) refuse("unsafe paths");
  const parts = name.split("/").filter((part) => part !== "" && part !== ".");
  if (parts.includes("..")) refuse("parent directory traversal");
  return parts.join("/");
}

export function shown(name: string): string {
  return `'${name.replace(/\p{Cc}/gu, "?").slice(0, 200)}'`;
}

/** Counts what an archive has, and stops it where that is too much. */
export class Allowance {
  readonly #limits: ArchiveLimits;
  #files = 0;
  #bytes = 0;

  constructor(limits: ArchiveLimits) {
    this.#limits = limits;
  }

  take(bytes: number): void {
    this.#files += 1;
    this.#bytes += bytes;
    const { files, bytes: most } = this.#limits;
    if (this.#files > files) throw tooLarge(`of ${files} files`);
    if (this.#bytes > most) throw tooLarge(`of ${most} bytes`);
  }
}

export function tooLarge(limit: string): ArchiveError {
  return new ArchiveError("archive-too-large", `Archive exceeds the maximum ${limit}`);
}

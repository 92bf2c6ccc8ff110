import { randomUUID } from "node:crypto";
import { PassThrough } from "node:stream";
import { type ArchiveEntry, ArchiveError, shown } from "../lib/archive/archive.ts";
import { exec } from "../lib/exec.ts";
import { writeFully } from "../lib/write-fully.ts";
import { diskFull } from "../model/full-disk.ts";
import type { Git } from "./git.ts";
import { leavesTree } from "./links.ts";
import type { EntrySource } from "./repositories.ts";
import { isOnFullDisk, removeUnfinished, unfinished } from "./unfinished.ts";

/**
 * Makes a tree of what `read` tells. It goes into the repository as it comes, through `git fast-import`: no name or link of
 * it is ever made on this host's disk. Files that are all in one folder are taken out of it, as archives of a release mostly
 * have one. Gives the tree's id, or undefined where there is no file.
 */
export async function importTree(
  git: Git,
  repository: string,
  read: EntrySource,
  signal: AbortSignal,
): Promise<string | undefined> {
  const ref = `refs/berth/import-${randomUUID()}`;
  const listing = new Listing();
  const stdin = new PassThrough();
  const before = await unfinished(repository);
  const importing = exec(git.program, ["fast-import", "--quiet", "--done"], {
    env: git.environment,
    cwd: repository,
    stdin,
    signal,
  });
  importing.catch(() => stdin.destroy());
  try {
    await read((entry) => listing.add(entry, stdin));
    listing.check();
    await writeFully(stdin, listing.commit(ref));
    stdin.end();
    await importing;
    return await treeOf(git, repository, ref, listing);
  } catch (error) {
    stdin.destroy();
    await importing.catch(() => undefined);
    const isFull = await isOnFullDisk(repository);
    await removeUnfinished(repository, before);
    signal.throwIfAborted();
    throw isFull ? diskFull(error) : error;
  } finally {
    await git
      .in(repository)
      .raw(["update-ref", "-d", ref])
      .catch(() => undefined);
  }
}

async function treeOf(git: Git, repository: string, ref: string, listing: Listing): Promise<string | undefined> {
  const folder = listing.commonFolder();
  if (folder === undefined) return undefined;
  return (await git.in(repository).raw(["rev-parse", `${ref}^{commit}:${folder}`])).trim();
}

interface Listed {
  readonly mode: "100644" | "100755" | "120000";
  readonly mark: number;
}

class Listing {
  readonly #files = new Map<string, Listed>();
  readonly #links = new Map<string, string>();
  #marks = 0;

  async add(entry: ArchiveEntry, output: PassThrough): Promise<void> {
    const { path } = entry;
    // What git keeps for itself; an archive of a whole working copy has it.
    if (path.split("/").some((part) => /^(\.git|git~\d+)[ .]*$/i.test(part))) return;
    if (entry.kind === "copy") return this.#copy(path, entry.of);
    this.#marks += 1;
    const mark = this.#marks;
    if (entry.kind === "link") {
      const target = Buffer.from(entry.target);
      await writeFully(output, Buffer.concat([head(mark, target.length), target, newline]));
      this.#links.set(path, entry.target);
      this.#files.set(path, { mode: "120000", mark });
      return;
    }
    await writeFully(output, head(mark, entry.size));
    for await (const chunk of entry.content) if (!(await writeFully(output, chunk as Buffer))) break;
    await writeFully(output, newline);
    this.#links.delete(path);
    this.#files.set(path, { mode: entry.executable ? "100755" : "100644", mark });
  }

  #copy(path: string, of: string): void {
    const original = this.#files.get(of);
    if (original === undefined || original.mode === "120000") {
      throw new ArchiveError("archive-unsafe", `Archive contains a link to what is not in it: ${shown(path)}`);
    }
    this.#files.set(path, original);
  }

  /** Throws for a link that leads out. */
  check(): void {
    const folder = this.commonFolder() ?? "";
    const inside = new Map([...this.#links].map(([path, target]) => [withoutFolder(path, folder), target]));
    for (const [path, target] of inside) {
      if (!leavesTree(path, inside)) continue;
      throw new ArchiveError(
        "archive-unsafe",
        `Archive contains a link that leaves it: ${shown(path)} to ${shown(target)}`,
      );
    }
  }

  /** The one folder that all files are in, `` where they have none in common, undefined where there are none. */
  commonFolder(): string | undefined {
    const tops = new Set([...this.#files.keys()].map((path) => path.split("/", 1)[0] ?? ""));
    const [top] = tops;
    if (top === undefined) return undefined;
    return tops.size === 1 && !this.#files.has(top) ? top : "";
  }

  commit(ref: string): string {
    const lines = [`commit ${ref}`, "committer Berth <berth@localhost> 0 +0000", "data 0", ""];
    for (const [path, { mode, mark }] of this.#files) lines.push(`M ${mode} :${mark} ${quoted(path)}`);
    return `${lines.join("\n")}\ndone\n`;
  }
}

const newline = Buffer.from("\n");

function head(mark: number, size: number): Buffer {
  return Buffer.from(`blob\nmark :${mark}\ndata ${size}\n`);
}

function withoutFolder(path: string, folder: string): string {
  return folder === "" ? path : path.slice(folder.length + 1);
}

function quoted(path: string): string {
  return `"${path.replace(/[\\"]/g, "\\$&").replaceAll("\n", "\\n")}"`;
}

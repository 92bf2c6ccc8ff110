import { PassThrough, type Readable } from "node:stream";
import type { SimpleGit } from "simple-git";
import { exec } from "../lib/exec.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";

/** A commit in a repository, with what git needs in its environment to see it. */
export interface Tree {
  readonly repository: string;
  readonly commit: string;
  readonly environment: Readonly<Record<string, string>>;
}

export interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

const gitlink = "160000";

/** All files of the tree, submodules as one entry each. Throws `commit-missing`. */
export async function listTree(git: Git, { repository, commit, environment }: Tree): Promise<Map<string, TreeEntry>> {
  if (!/^[0-9a-f]{40}$/.test(commit)) throw new TypeError(`Not a full commit id: ${commit}`);
  const entries = new Map<string, TreeEntry>();
  for (const line of (await listing(git.in(repository, environment), commit)).split("\0")) {
    const [, mode, id, path] = /^(\d+) \S+ ([0-9a-f]+)\t(.*)$/s.exec(line) ?? [];
    if (mode !== undefined && id !== undefined && path !== undefined) entries.set(path, { mode, id });
  }
  return entries;
}

async function listing(commands: SimpleGit, commit: string): Promise<string> {
  try {
    return await commands.raw(["ls-tree", "-r", "-z", `${commit}^{commit}`]);
  } catch (cause) {
    const missing = /Not a valid object name|bad object|not a tree/i.test(messageOf(cause));
    if (!missing) throw cause;
    throw new UserError("commit-missing", `Commit ${commit.slice(0, 7)} is not in the repository`, { cause });
  }
}

/** Path -> commit. */
export function gitlinksOf(entries: ReadonlyMap<string, TreeEntry>): Map<string, string> {
  return new Map([...entries].filter(([, { mode }]) => mode === gitlink).map(([path, { id }]) => [path, id]));
}

/** A submodule's place. */
export function isGitlink(entry: TreeEntry): boolean {
  return entry.mode === gitlink;
}

/** `prefix` is the folder, ending with a slash, that all names are put into. Destroying the stream ends git. */
export function archive(git: Git, { repository, commit, environment }: Tree, prefix = ""): Readable {
  const output = new PassThrough();
  // Its reader gets the error too; one that has not begun to read must not end the process.
  output.on("error", () => undefined);
  const args = ["archive", "--format=tar", ...(prefix === "" ? [] : [`--prefix=${prefix}`]), commit];
  const env = { ...git.environment, ...environment };
  exec(git.program, args, { env, cwd: repository, stdout: output }).then(
    () => output.end(),
    (error: Error) => output.destroy(error),
  );
  return output;
}

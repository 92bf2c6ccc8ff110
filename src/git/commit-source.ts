import { posix } from "node:path";
import { PassThrough, type Readable } from "node:stream";
import type { SimpleGit } from "simple-git";
import type { Source } from "../builders/builder.ts";
import { exec } from "../lib/exec.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";
import type { Reading } from "./repositories.ts";
import { tarWithSubmodules } from "./submodules.ts";

export interface CommitRequest {
  readonly git: Git;
  /** Path of the bare repository. */
  readonly repository: string;
  readonly commit: string;
  readonly reading: Reading;
  readonly newScratch: () => Promise<string>;
}

interface TreeEntry {
  readonly mode: string;
  readonly id: string;
}

/** A commit in a repository, with what git needs in its environment to see it. */
export interface Tree {
  readonly repository: string;
  readonly commit: string;
  readonly environment: Readonly<Record<string, string>>;
}

const symlink = "120000";
const gitlink = "160000";
// Procfile, package.json and the like; nobody means to have a larger one read into memory.
const largestText = 8 * 1024 * 1024;

export async function readCommit(request: CommitRequest): Promise<Source> {
  const { git, repository, commit, reading } = request;
  const tree: Tree = { repository, commit, environment: quarantineEnvironment(reading) };
  const entries = await listTree(git, tree);
  const gitlinks = gitlinksOf(entries);
  return {
    commit,
    has: async (path) => (await resolveFile(git, tree, entries, path)) !== undefined,
    read: async (path) => {
      const entry = await resolveFile(git, tree, entries, path);
      return entry === undefined ? undefined : (await readBlob(git, tree, entry.id)).toString("utf8");
    },
    tar: async () => (gitlinks.size === 0 ? archive(git, tree) : await tarWithSubmodules(request, tree, gitlinks)),
  };
}

function quarantineEnvironment({ quarantine }: Reading): Record<string, string> {
  if (quarantine === undefined) return {};
  return {
    GIT_OBJECT_DIRECTORY: quarantine.objectDirectory,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: quarantine.alternates,
  };
}

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

/** The blob at the path, through symbolic links that stay within the tree. */
async function resolveFile(
  git: Git,
  tree: Tree,
  entries: ReadonlyMap<string, TreeEntry>,
  path: string,
): Promise<TreeEntry | undefined> {
  let current = path;
  for (let hops = 0; hops < 8; hops++) {
    const entry = entries.get(current);
    if (entry === undefined || entry.mode === gitlink) return undefined;
    if (entry.mode !== symlink) return entry;
    const target = (await readBlob(git, tree, entry.id)).toString("utf8");
    if (target.startsWith("/")) return undefined;
    current = posix.join(posix.dirname(current), target);
  }
  return undefined;
}

async function readBlob(git: Git, tree: Tree, id: string): Promise<Buffer> {
  const env = { ...git.environment, ...tree.environment };
  const { stdout } = await exec(git.program, ["cat-file", "blob", id], {
    env,
    cwd: tree.repository,
    maxBytes: largestText,
  });
  return stdout;
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

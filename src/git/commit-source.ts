import { posix } from "node:path";
import type { Source } from "../builders/builder.ts";
import { ExecError, exec } from "../lib/exec.ts";
import { UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";
import { warnOfPointers } from "./lfs.ts";
import type { Reading } from "./repositories.ts";
import { type SubmoduleRequest, tarWithSubmodules } from "./submodules.ts";
import { archive, gitlinksOf, isGitlink, listTree, type Tree, type TreeEntry } from "./tree.ts";

export interface CommitRequest extends SubmoduleRequest {
  /** Path of the bare repository. */
  readonly repository: string;
  readonly commit: string;
}

const symlink = "120000";
// Procfile, app.json and the like, which the daemon itself takes apart; nobody writes a larger one.
const largestText = 1024 * 1024;

export async function readCommit(request: CommitRequest): Promise<Source> {
  const { git, repository, commit, reading } = request;
  const tree: Tree = { repository, commit, environment: quarantineEnvironment(reading) };
  const entries = await listTree(git, tree);
  const gitlinks = gitlinksOf(entries);
  await warnOfPointers(git, tree, entries, reading);
  return {
    commit,
    has: async (path) => (await resolveFile(git, tree, entries, path)) !== undefined,
    read: async (path) => {
      const entry = await resolveFile(git, tree, entries, path);
      return entry === undefined ? undefined : await readText(git, tree, entry.id, path);
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
    if (entry === undefined || isGitlink(entry)) return undefined;
    if (entry.mode !== symlink) return entry;
    const target = (await readBlob(git, tree, entry.id)).toString("utf8");
    if (target.startsWith("/")) return undefined;
    current = posix.join(posix.dirname(current), target);
  }
  return undefined;
}

async function readText(git: Git, tree: Tree, id: string, path: string): Promise<string> {
  try {
    return (await readBlob(git, tree, id)).toString("utf8");
  } catch (error) {
    if (!(error instanceof ExecError && /wrote more than/.test(error.message))) throw error;
    throw new UserError("file-too-large", `${path} is larger than ${largestText / 1024} kB, which is the most for it`, {
      cause: error,
    });
  }
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

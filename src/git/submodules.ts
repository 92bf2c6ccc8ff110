import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Readable } from "node:stream";
import { withoutPassword } from "../lib/printable.ts";
import { UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";
import { fetchOne, makeScratchRepository, remoteFailure, remoteProtocols } from "./remote.ts";
import type { Reading } from "./repositories.ts";
import { parseSubmoduleMap, submoduleUrl } from "./submodule-map.ts";
import { joinTars } from "./tar-join.ts";
import { archive, gitlinksOf, listTree, type Tree } from "./tree.ts";

export interface SubmoduleRequest {
  readonly git: Git;
  readonly reading: Reading;
  /** A path for a folder that is not there yet. */
  readonly newScratch: () => Promise<string>;
}

interface Placed {
  readonly tree: Tree;
  /** Empty, or the submodule's folder with a slash at its end. */
  readonly prefix: string;
}

const deepest = 10;
const most = 100;

/**
 * The commit's files with those of its submodules, in one archive. Each submodule is fetched into a bare repository of its
 * own and archived from there: nothing of it is ever checked out on this host, so no hook, filter or link of it has an effect.
 */
export async function tarWithSubmodules(
  request: SubmoduleRequest,
  tree: Tree,
  gitlinks: ReadonlyMap<string, string>,
): Promise<Readable> {
  const scratch = await request.newScratch();
  const cleanUp = (): Promise<void> => rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  try {
    await mkdir(scratch, { mode: 0o700 });
    const placed: Placed[] = [{ tree, prefix: "" }];
    await addSubmodules(request, { scratch, placed, depth: 1 }, { tree, prefix: "" }, gitlinks);
    const archives = placed.map((one) => () => archive(request.git, one.tree, one.prefix));
    const output = Readable.from(joinTars(archives), { objectMode: false });
    output.on("error", () => undefined);
    output.once("close", () => {
      // The next daemon's first scratch folder sweeps up what cannot be removed now.
      cleanUp().catch(() => undefined);
    });
    return output;
  } catch (error) {
    await cleanUp();
    throw error;
  }
}

interface Collection {
  readonly scratch: string;
  readonly placed: Placed[];
  readonly depth: number;
}

async function addSubmodules(
  request: SubmoduleRequest,
  collection: Collection,
  parent: Placed,
  gitlinks: ReadonlyMap<string, string>,
): Promise<void> {
  const { scratch, placed, depth } = collection;
  const map = await readSubmoduleMap(request.git, parent.tree);
  for (const [path, commit] of gitlinks) {
    const name = `${parent.prefix}${path}`;
    if (depth > deepest || placed.length > most) {
      throw new UserError("too-many-submodules", `Submodule '${name}' is one too many`, {
        hint: `At most ${most} submodules, ${deepest} deep, are fetched`,
      });
    }
    const url = submoduleUrl(path, map);
    request.reading.progress?.detail(`Fetching submodule ${name} from ${withoutPassword(url)}`);
    const repository = join(scratch, `${placed.length}.git`);
    await fetchCommit(request, { repository, url, commit, name });
    const child: Placed = { tree: { repository, commit, environment: {} }, prefix: `${name}/` };
    placed.push(child);
    const deeper = gitlinksOf(await listTree(request.git, child.tree));
    if (deeper.size > 0) await addSubmodules(request, { scratch, placed, depth: depth + 1 }, child, deeper);
  }
}

async function readSubmoduleMap(git: Git, tree: Tree): Promise<Map<string, string>> {
  const commands = git.in(tree.repository, tree.environment);
  const file = await commands.raw(["ls-tree", "--name-only", tree.commit, ".gitmodules"]);
  if (file.trim() === "") return new Map();
  return parseSubmoduleMap(await commands.raw(["config", "--blob", `${tree.commit}:.gitmodules`, "-z", "--list"]));
}

interface Wanted {
  readonly repository: string;
  readonly url: string;
  readonly commit: string;
  /** Its path from the app's own root. */
  readonly name: string;
}

async function fetchCommit(request: SubmoduleRequest, wanted: Wanted): Promise<void> {
  const { git, reading } = request;
  const { repository, url, commit, name } = wanted;
  await makeScratchRepository(git, repository);
  const remote = { git, url, protocols: remoteProtocols, signal: reading.signal };
  await fetchOne(remote, repository, commit).catch((error: unknown) => {
    throw unreachable(wanted, error);
  });
  await git
    .in(repository)
    .raw(["cat-file", "-e", `${commit}^{commit}`])
    .catch((cause: unknown) => {
      const message = `Submodule '${name}': commit ${commit.slice(0, 7)} is not at ${withoutPassword(url)}`;
      throw new UserError("submodule-failed", message, {
        hint: "Push that commit there first, then push again",
        cause,
      });
    });
}

/** What the user is told; an abort stays what it is. */
function unreachable({ name, url }: Wanted, error: unknown): unknown {
  const reason = remoteFailure(error);
  if (reason === undefined) return error;
  const message = `Submodule '${name}' could not be fetched from ${withoutPassword(url)}`;
  return new UserError("submodule-failed", message, {
    details: [reason],
    hint: "Its server may want a token (git:auth HOST USER TOKEN) or this host's key (git:public-key). Else commit its files",
    cause: error,
  });
}

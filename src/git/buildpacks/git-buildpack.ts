import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import type { BuildpackArchive } from "../../builders/buildpack-library.ts";
import { withoutPassword } from "../../lib/printable.ts";
import { UserError } from "../../model/errors.ts";
import {
  fetchAll,
  fetchOne,
  makeScratchRepository,
  type RemoteRequest,
  remoteFailure,
  remoteProtocols,
  runRemote,
} from "../remote.ts";
import { archive } from "../tree.ts";
import type { Shelving } from "./shelving.ts";
import { unreachable } from "./unreachable.ts";

interface GitBuildpack {
  readonly kind: "git";
  readonly url: string;
  readonly ref: string | undefined;
}

const fullCommit = /^[0-9a-f]{40}$/;

/**
 * A commit of a repository as an archive. Nothing is checked out on this host: no hook, filter or link of the repository
 * has an effect here, and submodules are left out.
 */
export async function gitBuildpack(
  { url, ref }: GitBuildpack,
  shelving: Shelving,
  access: Pick<RemoteRequest, "protocols" | "environment"> = { protocols: remoteProtocols },
): Promise<BuildpackArchive> {
  const { git, shelf, progress, signal } = shelving;
  const request: RemoteRequest = { git, url, signal, ...access };
  try {
    const asked = ref !== undefined && fullCommit.test(ref) ? { commit: ref, name: ref } : await lookUp(request, ref);
    const kept = asked && (await shelf.take(asked.commit));
    const taken = kept ?? (await fetchToShelf(request, ref, asked, shelving));
    await shelf.remember(ref, taken.version);
    progress.detail(`${shown(url, ref)} is at ${taken.version.slice(0, 7)}`);
    return taken;
  } catch (error) {
    const reason = remoteFailure(error);
    if (reason === undefined) throw error;
    const version = await shelf.meantBy(ref);
    const kept = version === undefined ? undefined : await shelf.take(version);
    if (kept === undefined) throw unreachable(shown(url, ref), reason, error);
    progress.warn(`${shown(url, ref)} cannot be fetched (${reason}): using ${kept.version.slice(0, 7)} from before`);
    return kept;
  }
}

interface Found {
  readonly commit: string;
  /** Its full name there, or the commit itself. */
  readonly name: string;
}

/** What the other side means by the name: a branch before a tag, as `git clone` has it. */
async function lookUp(request: RemoteRequest, ref: string | undefined): Promise<Found | undefined> {
  const names = ref === undefined ? ["HEAD"] : [`refs/heads/${ref}`, `refs/tags/${ref}^{}`, `refs/tags/${ref}`, ref];
  const listing = await runRemote(request, ["ls-remote", "--", request.url, ...names]);
  const found = new Map(
    listing.split("\n").flatMap((line): [string, string][] => {
      const [commit, name] = line.split("\t");
      return commit !== undefined && name !== undefined ? [[name, commit]] : [];
    }),
  );
  for (const name of names) {
    const commit = found.get(name);
    if (commit !== undefined) return { commit, name: name.replace("^{}", "") };
  }
  return undefined;
}

async function fetchToShelf(
  request: RemoteRequest,
  ref: string | undefined,
  asked: Found | undefined,
  { git, shelf, progress }: Shelving,
): Promise<BuildpackArchive> {
  progress.detail(`Fetching ${shown(request.url, ref)}`);
  const repository = shelf.scratch(randomUUID());
  try {
    await makeScratchRepository(git, repository);
    // A short commit can be asked for by nobody: all there is must be fetched to know which it is.
    await (asked === undefined ? fetchAll(request, repository) : fetchOne(request, repository, asked.name));
    const commit = await commitOf(request, repository, ref, asked);
    const file = `${repository}.archive`;
    await pipeline(archive(git, { repository, commit, environment: {} }), createWriteStream(file, { mode: 0o600 }));
    return await shelf.put(commit, file);
  } finally {
    for (const path of [repository, `${repository}.archive`]) await rm(path, { recursive: true, force: true });
  }
}

async function commitOf(
  { git, url }: RemoteRequest,
  repository: string,
  ref: string | undefined,
  asked: Found | undefined,
): Promise<string> {
  // Where all had to be fetched FETCH_HEAD is any of it; where a branch has moved since it was looked up, it is the branch.
  const places = asked === undefined ? [] : [asked.commit, "FETCH_HEAD"];
  if (ref !== undefined && /^[0-9a-f]{7,40}$/.test(ref)) places.unshift(ref);
  for (const place of places) {
    const args = ["rev-parse", "--quiet", "--verify", "--end-of-options", `${place}^{commit}`];
    const commit = await git
      .in(repository)
      .raw(args)
      .catch(() => "");
    if (fullCommit.test(commit.trim())) return commit.trim();
  }
  const what = ref === undefined ? "no commit" : `no branch, tag or commit '${ref}'`;
  throw new UserError("buildpack-unreachable", `Buildpack ${withoutPassword(url)} has ${what}`);
}

function shown(url: string, ref: string | undefined): string {
  return withoutPassword(url) + (ref === undefined ? "" : `#${ref}`);
}

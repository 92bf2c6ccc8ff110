import { ExecError } from "../lib/exec.ts";
import { withoutPassword } from "../lib/printable.ts";
import { UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";
import { fetchInto, listRemote, remoteFailure, remoteProtocols } from "./remote.ts";
import type { Fetched } from "./repositories.ts";

interface Wanted {
  readonly git: Git;
  readonly repository: string;
  readonly url: string;
  /** Branch, tag or commit; the remote's own branch where undefined. */
  readonly ref: string | undefined;
  readonly signal: AbortSignal;
}

/** Where fetched commits stay reachable; no branch of the app moves before it was deployed. */
const synced = "refs/berth/synced";

/** Fetches a branch, tag or commit with its history. Throws `invalid-repository-url`, `repository-unreachable`, `ref-missing`. */
export async function fetchRef(wanted: Wanted): Promise<Fetched> {
  checkUrl(wanted.url);
  try {
    return await fetch(wanted);
  } catch (error) {
    const reason = remoteFailure(error);
    if (reason === undefined || wanted.signal.aborted) throw error;
    throw new UserError("repository-unreachable", `${withoutPassword(wanted.url)} could not be fetched: ${reason}`, {
      hint: hintFor(error instanceof ExecError ? error.stderr.join("\n") : reason, wanted.url),
      cause: error,
    });
  }
}

async function fetch({ git, repository, url, ref, signal }: Wanted): Promise<Fetched> {
  const remote = { git, url, protocols: remoteProtocols, signal };
  const refs = parseRefs(await listRemote(remote));
  const name = nameOf(refs, ref);
  if (name === undefined && !/^[0-9a-f]{40}$/.test(ref ?? "")) throw refMissing(url, ref, refs);
  await fetchInto(remote, repository, name ?? ref ?? "HEAD", synced).catch((error: unknown) => {
    throw isUnknown(error) ? refMissing(url, ref, refs) : error;
  });
  const commit = (await git.in(repository).raw(["rev-parse", "--verify", `${synced}^{commit}`])).trim();
  const branch = name?.startsWith("refs/heads/") === true ? name.slice("refs/heads/".length) : undefined;
  return { commit, branch };
}

interface Refs {
  /** The branch that HEAD is; undefined where it is none. */
  readonly head: string | undefined;
  readonly names: ReadonlySet<string>;
}

/** Of `git ls-remote --symref`. */
function parseRefs(text: string): Refs {
  const names = new Set<string>();
  let head: string | undefined;
  for (const line of text.split("\n")) {
    const [what = "", name = ""] = line.split("\t");
    if (what.startsWith("ref: ") && name === "HEAD") head = what.slice("ref: ".length);
    else if (name !== "") names.add(name);
  }
  return { head, names };
}

function nameOf({ head, names }: Refs, ref: string | undefined): string | undefined {
  if (ref === undefined) return head !== undefined && names.has(head) ? head : undefined;
  return [ref, `refs/heads/${ref}`, `refs/tags/${ref}`].find((name) => name.startsWith("refs/") && names.has(name));
}

/** The other side answered, and has no such commit. */
function isUnknown(error: unknown): boolean {
  return error instanceof ExecError && error.stderr.some((line) => line.includes("not our ref"));
}

function checkUrl(url: string): void {
  const scheme = /^([a-z]+):\/\/[^\s-]/.exec(url)?.[1];
  const short = /^[\w.-]+@[\w.-]+:[^\s-]\S*$/.test(url) && !url.startsWith("-");
  if (short || (scheme !== undefined && (remoteProtocols as readonly string[]).includes(scheme))) return;
  throw new UserError("invalid-repository-url", `'${withoutPassword(url)}' is not an address of a git repository`, {
    hint: `It begins with ${remoteProtocols.map((one) => `${one}://`).join(", ")}, or is of the form git@host:path`,
  });
}

function refMissing(url: string, ref: string | undefined, { names }: Refs): UserError {
  const branches = [...names].filter((name) => name.startsWith("refs/heads/")).map((name) => name.slice(11));
  const what = ref === undefined ? "a branch of its own to begin with" : `a branch, tag or commit '${ref}'`;
  return new UserError("ref-missing", `${withoutPassword(url)} does not have ${what}`, {
    hint: branches.length === 0 ? "It is empty" : `Its branches are: ${branches.slice(0, 20).join(", ")}`,
  });
}

function hintFor(reason: string, url: string): string {
  const [, host = "HOST", port = ""] = /^(?:[a-z]+:\/\/)?(?:[^@/]*@)?(\[[^\]]+\]|[^:/]+)(:\d+)?/.exec(url) ?? [];
  if (/host key verification failed|no .* host key is known/i.test(reason))
    return `Let it be trusted: git:allow-host ${host}${port}`;
  if (/permission denied \(|publickey/i.test(reason)) {
    return "Give its server the public key of this host: git:public-key, or make one first: git:generate-deploy-key";
  }
  if (/authentication failed|could not read username|terminal prompts disabled|\b40[13]\b/i.test(reason)) {
    return `Give a user name and a password or token for it: git:auth ${host} USER PASSWORD`;
  }
  return "See that the address is right, and that this machine can reach it";
}

import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ExecError, exec } from "../lib/exec.ts";
import { withoutPassword } from "../lib/printable.ts";
import type { Git } from "./git.ts";
import { archiveAttributes } from "./repository-files.ts";

/** Transports that can only reach another host; `file` and `ext` would reach this one. */
export const remoteProtocols = ["https", "http", "git", "ssh"] as const;

export interface RemoteRequest {
  readonly git: Git;
  readonly url: string;
  /** Transports that git may use. */
  readonly protocols: readonly string[];
  readonly signal: AbortSignal | undefined;
  /** Further variables for git and for what it starts. */
  readonly environment?: Readonly<Record<string, string>>;
}

const timeoutMs = 300_000;

/** A bare repository to fetch into, without a template's hooks, and with nothing that changes files on their way out. */
export async function makeScratchRepository(git: Git, path: string): Promise<void> {
  await mkdir(path, { recursive: true });
  await git.in(path).raw(["init", "--quiet", "--bare", "--template="]);
  await mkdir(join(path, "info"), { recursive: true });
  await writeFile(join(path, "info", "attributes"), archiveAttributes);
}

/** Fetches one ref or commit, and all there is where the server gives no single one away. Throws what git said. */
export async function fetchOne(request: RemoteRequest, repository: string, wanted: string): Promise<void> {
  try {
    await fetchFrom(request, repository, ["--depth=1", "--", request.url, wanted]);
  } catch (error) {
    // Plain web servers know no single commits, and some git servers give none away that is not the tip of a branch.
    if (!/shallow|not our ref|unadvertised|couldn't find remote ref/i.test(stderrOf(error))) throw error;
    await fetchAll(request, repository);
  }
}

export async function fetchAll(request: RemoteRequest, repository: string): Promise<void> {
  await fetchFrom(request, repository, ["--", request.url, "+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*"]);
}

async function fetchFrom(request: RemoteRequest, repository: string, what: readonly string[]): Promise<void> {
  await runRemote(request, ["fetch", "--quiet", "--no-tags", "--no-recurse-submodules", ...what], repository);
}

/** What `git ls-remote --symref` prints: all refs, and which branch HEAD is. */
export function listRemote(request: RemoteRequest): Promise<string> {
  return runRemote(request, ["ls-remote", "--symref", "--", request.url]);
}

/** Fetches a ref or commit with its history, and lets a ref of ours lead to it. */
export async function fetchInto(
  request: RemoteRequest,
  repository: string,
  wanted: string,
  target: string,
): Promise<void> {
  await fetchFrom(request, repository, ["--", request.url, `+${wanted}:${target}`]);
}

/** Runs a git command that talks to the other side. Gives what it prints. */
export async function runRemote(request: RemoteRequest, args: readonly string[], cwd?: string): Promise<string> {
  const { git, protocols, signal, environment } = request;
  const timeout = AbortSignal.timeout(timeoutMs);
  const slow = ["-c", "http.lowSpeedLimit=1000", "-c", "http.lowSpeedTime=30"];
  const { stdout } = await exec(git.program, [...slow, ...args], {
    env: { ...git.environment, ...git.credentials, ...environment, GIT_ALLOW_PROTOCOL: protocols.join(":") },
    cwd,
    signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
  });
  return stdout.toString("utf8");
}

/** Why git could not reach the other side, in its own words; undefined for what is no failure of that kind, as an abort. */
export function remoteFailure(error: unknown): string | undefined {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `it took longer than ${timeoutMs / 60_000} minutes`;
  }
  if (!(error instanceof ExecError)) return undefined;
  const last = error.stderr.findLast((line) => /^(fatal|error):/.test(line)) ?? error.message;
  return withoutPassword(last.replace(/^(fatal|error): /, ""));
}

function stderrOf(error: unknown): string {
  return error instanceof ExecError ? error.stderr.join("\n") : "";
}

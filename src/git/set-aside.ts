import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { exec } from "../lib/exec.ts";
import type { Git } from "./git.ts";

const asideFolder = "refs/berth/aside";
const branches = "refs/heads";

/**
 * Takes a branch out of git's sight for the time of a push. A client that is shown the commit that it has pushes nothing,
 * and says "Everything up-to-date"; one that is shown no branch pushes it, and the hook deploys.
 */
export async function setAside(git: Git, repository: string, branch: string): Promise<void> {
  const commit = await read(git, repository, `${branches}/${branch}`);
  if (commit === undefined) return;
  await update(git, repository, [
    `update ${asideFolder}/${branch} ${commit}`,
    `delete ${branches}/${branch} ${commit}`,
  ]);
}

/** Where the branch was, if it is set aside. */
export async function asideTip(git: Git, repository: string, branch: string): Promise<string | undefined> {
  return (await mayHave(repository)) ? await read(git, repository, `${asideFolder}/${branch}`) : undefined;
}

/** Puts back what was set aside, but for branches that a push has made anew since. */
export async function putBack(git: Git, repository: string): Promise<void> {
  if (!(await mayHave(repository))) return;
  const format = "--format=%(refname) %(objectname)";
  const all = (await git.in(repository).raw(["for-each-ref", format, asideFolder, branches])).split("\n");
  const refs = new Map(all.filter((line) => line !== "").map((line) => line.split(" ") as [string, string]));
  const commands = [...refs].flatMap(([ref, commit]) => {
    if (!ref.startsWith(`${asideFolder}/`)) return [];
    const branch = branches + ref.slice(asideFolder.length);
    return [...(refs.has(branch) ? [] : [`create ${branch} ${commit}`]), `delete ${ref} ${commit}`];
  });
  if (commands.length > 0) await update(git, repository, commands);
}

/** Without a process: it is asked of each repository, and hardly ever true. */
async function mayHave(repository: string): Promise<boolean> {
  const loose = await access(join(repository, asideFolder)).then(
    () => true,
    () => false,
  );
  if (loose) return true;
  const packed = await readFile(join(repository, "packed-refs"), "latin1").catch(() => "");
  return packed.includes(` ${asideFolder}/`);
}

async function read(git: Git, repository: string, ref: string): Promise<string | undefined> {
  const found = await git.in(repository).raw(["for-each-ref", "--format=%(refname) %(objectname)", ref]);
  // Branches below this one begin with its name too.
  return found
    .split("\n")
    .find((line) => line.startsWith(`${ref} `))
    ?.slice(ref.length + 1);
}

/** All or none. */
async function update(git: Git, repository: string, commands: readonly string[]): Promise<void> {
  const stdin = `${commands.join("\n")}\n`;
  await exec(git.program, ["update-ref", "--stdin"], { env: git.environment, cwd: repository, stdin });
}

import { access, rm } from "node:fs/promises";
import { join } from "node:path";
import type { BuildpackArchive } from "../../builders/buildpack-library.ts";
import { ExecError, exec } from "../../lib/exec.ts";
import { unreachable } from "./unreachable.ts";

export function isBuildpackFolder(path: string): Promise<boolean> {
  return access(join(path, "bin", "compile")).then(
    () => true,
    () => false,
  );
}

/** A folder of this host as it is now, or an archive in a file. */
export async function hostFolder(path: string, file: string, signal: AbortSignal): Promise<BuildpackArchive> {
  const release = () => rm(file, { force: true });
  if (!(await isBuildpackFolder(path))) return { path, version: "", release: async () => undefined };
  try {
    const args = ["--create", `--file=${file}`, `--directory=${path}`, "--exclude=./.git", "."];
    await exec("tar", args, { env: { PATH: "/usr/local/bin:/usr/bin:/bin", LC_ALL: "C" }, signal });
    return { path: file, version: "", release };
  } catch (error) {
    await release();
    throw error instanceof ExecError ? unreachable(path, error.stderr.at(-1) ?? error.message, error) : error;
  }
}

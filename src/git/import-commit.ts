import { UserError } from "../model/errors.ts";
import type { Git } from "./git.ts";
import { importTree } from "./import-tree.ts";
import type { ImportedCommit } from "./repositories.ts";

export async function importCommit(
  git: Git,
  repository: string,
  { branch, read, message, author }: ImportedCommit,
  signal: AbortSignal,
): Promise<string> {
  const tree = await importTree(git, repository, read, signal);
  if (tree === undefined) throw new UserError("archive-empty", "There are no files in the archive");
  const commands = git.in(repository);
  const found = await commands.raw(["for-each-ref", "--format=%(objectname) %(tree)", `refs/heads/${branch}`]);
  // Branches below this one begin with its name too.
  const [parent, before] = (found.split("\n")[0] ?? "").split(" ");
  if (before === tree) {
    throw new UserError("nothing-changed", "No changes detected, skipping git commit", {
      hint: "The app's branch has exactly these files already",
    });
  }
  const who = { NAME: author.name, EMAIL: author.email };
  const environment = Object.fromEntries(
    Object.entries(who).flatMap(([key, value]) => [
      [`GIT_AUTHOR_${key}`, value],
      [`GIT_COMMITTER_${key}`, value],
    ]),
  );
  const onTop = parent ? ["-p", parent] : [];
  return (await git.in(repository, environment).raw(["commit-tree", ...onTop, "-m", message, tree])).trim();
}

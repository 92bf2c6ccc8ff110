import type { Git } from "./git.ts";
import type { Reading } from "./repositories.ts";
import type { Tree, TreeEntry } from "./tree.ts";

const pointerStart = "version https://git-lfs.github.com/spec/v1";
const shownAtMost = 5;

/**
 * Tells of files that Git LFS keeps elsewhere: what is in the commit are pointers of three lines, and an app that gets one in
 * place of a picture or a model is hard to understand. A push does not bring the content, so there is nothing to put there.
 */
export async function warnOfPointers(
  git: Git,
  tree: Tree,
  entries: ReadonlyMap<string, TreeEntry>,
  { progress }: Reading,
): Promise<void> {
  if (progress === undefined || ![...entries.keys()].some((path) => /(^|\/)\.gitattributes$/.test(path))) return;
  const paths = await pointers(git, tree);
  if (paths.length === 0) return;
  const more = paths.length > shownAtMost ? `, and ${paths.length - shownAtMost} more` : "";
  progress.warn(
    `These files are pointers of Git LFS, not their content: ${paths.slice(0, shownAtMost).join(", ")}${more}`,
  );
  progress.warn("Berth gets no content from LFS: commit the files themselves, or let the app fetch them");
}

/** Paths of all files that begin like a pointer. */
async function pointers(git: Git, { repository, commit, environment }: Tree): Promise<string[]> {
  const commands = git.in(repository, environment);
  const args = ["grep", "-l", "-z", "-I", "--no-color", "-e", `^${pointerStart.replaceAll(".", "\\.")}$`, commit];
  // Exit code 1 says that there is none.
  const found = await commands.raw(args).catch(() => "");
  return found.split("\0").flatMap((name) => (name === "" ? [] : [name.slice(name.indexOf(":") + 1)]));
}

import { randomUUID } from "node:crypto";
import { access, chmod, mkdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "../builders/builder.ts";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import type { Logger } from "../lib/logger.ts";
import { Mutex } from "../lib/mutex.ts";
import { checkAppName } from "../model/names.ts";
import { formatStamp, type Stamp } from "../model/stamp.ts";
import { readCommit } from "./commit-source.ts";
import { fetchRef } from "./fetch-ref.ts";
import { Git, type GitOptions } from "./git.ts";
import { importCommit } from "./import-commit.ts";
import { quarantineEnvironment, takeOut } from "./quarantine.ts";
import type { Fetched, ImportedCommit, Quarantine, Reading, Repositories } from "./repositories.ts";
import { archiveAttributes, preReceiveHook, repositoryConfig, stampFile } from "./repository-files.ts";
import { asideTip, putBack, setAside } from "./set-aside.ts";

export interface RepositoriesOptions extends GitOptions {
  readonly folder: string;
  readonly logger: Logger;
  /** Gives a fresh stamp; without it repositories carry none. */
  readonly takeStamp?: () => Stamp;
}

export function createRepositories(options: RepositoriesOptions): Repositories {
  return new BareRepositories(options);
}

class BareRepositories implements Repositories {
  readonly #folder: string;
  readonly #git: Git;
  readonly #logger: Logger;
  readonly #takeStamp: (() => Stamp) | undefined;
  // Names of apps do not begin with a dot.
  readonly #hooks: string;
  readonly #scratch: string;
  readonly #changes = new Mutex();
  #swept: Promise<void> | undefined;

  constructor(options: RepositoriesOptions) {
    this.#folder = options.folder;
    this.#git = new Git(options);
    this.#logger = options.logger;
    this.#takeStamp = options.takeStamp;
    this.#hooks = join(options.folder, ".hooks");
    this.#scratch = join(options.folder, ".scratch");
  }

  path(app: string): string {
    return join(this.#folder, `${checkAppName(app)}.git`);
  }

  async exists(app: string): Promise<boolean> {
    return await isThere(join(this.path(app), "HEAD"));
  }

  async ensure(app: string): Promise<void> {
    const path = this.path(app);
    await this.#changes.run(async () => {
      await mkdir(this.#hooks, { recursive: true, mode: 0o700 });
      const hook = join(this.#hooks, "pre-receive");
      if (await update(hook, preReceiveHook)) await chmod(hook, 0o755);
      if (!(await isThere(join(path, "HEAD")))) {
        await mkdir(path, { recursive: true, mode: 0o700 });
        await this.#git.in(path).raw(["init", "--quiet", "--bare", "--initial-branch=main", "--template="]);
        await this.#stamp(path);
        this.#logger.info({ app }, "repository made");
      }
      await mkdir(join(path, "info"), { recursive: true });
      await update(join(path, "info", "attributes"), archiveAttributes);
      await update(join(path, "config"), repositoryConfig(this.#hooks));
    });
  }

  async stamp(app: string): Promise<void> {
    await this.#changes.run(() => this.#stamp(this.path(app)));
  }

  async #stamp(path: string): Promise<void> {
    if (this.#takeStamp === undefined || !(await isThere(path))) return;
    await writeFileAtomically(join(path, stampFile), `${formatStamp(this.#takeStamp())}\n`);
  }

  async rename(from: string, to: string): Promise<void> {
    const [source, target] = [this.path(from), this.path(to)];
    await this.#changes.run(async () => {
      // An app that was never pushed to has no repository.
      if (!(await isThere(source))) return;
      if (await isThere(target)) throw new Error(`The repository ${target} exists already`);
      // Before the move: a store from before it does not know the new name.
      await this.#stamp(source);
      await rename(source, target);
    });
  }

  async remove(app: string): Promise<void> {
    const path = this.path(app);
    const scratch = await this.#newScratch();
    await this.#changes.run(async () => {
      // Moved first: it is gone at once and as a whole, even if git still writes into it.
      if (await isThere(path)) await rename(path, scratch);
    });
    await rm(scratch, { recursive: true, force: true, maxRetries: 5 });
  }

  async source(app: string, commit: string, reading: Reading = {}): Promise<Source> {
    return await readCommit({
      git: this.#git,
      repository: this.path(app),
      commit,
      reading,
      newScratch: () => this.#newScratch(),
    });
  }

  async importCommit(app: string, commit: ImportedCommit, signal: AbortSignal): Promise<string> {
    await this.ensure(app);
    return await importCommit(this.#git, this.path(app), commit, signal);
  }

  async advance(app: string, branch: string, commit: string): Promise<void> {
    const parents = await this.#git.in(this.path(app)).raw(["rev-parse", `${commit}^@`]);
    const before = parents.split("\n")[0] || "0".repeat(40);
    await this.#git.in(this.path(app)).raw(["update-ref", `refs/heads/${branch}`, commit, before]);
    await this.setHead(app, branch);
    await this.#tidy(app);
  }

  /** Pushes and fetches do it by themselves. Where there is much to do, git goes on with it in the background. */
  async #tidy(app: string): Promise<void> {
    const tidying = this.#git.in(this.path(app)).raw(["gc", "--auto", "--quiet"]);
    await tidying.catch((error: unknown) => this.#logger.warn({ err: error, app }, "repository could not be tidied"));
  }

  async fetch(app: string, remote: { url: string; ref: string | undefined }, signal: AbortSignal): Promise<Fetched> {
    await this.ensure(app);
    return await fetchRef({ git: this.#git, repository: this.path(app), ...remote, signal });
  }

  async tip(app: string, branch: string): Promise<string | undefined> {
    if (!(await this.exists(app))) return undefined;
    const format = ["--format=%(objectname)", `refs/heads/${branch}`];
    const found = (await this.#git.in(this.path(app)).raw(["for-each-ref", ...format])).split("\n")[0];
    return found || (await asideTip(this.#git, this.path(app), branch));
  }

  async keep(app: string, commit: string, quarantine: Quarantine | undefined): Promise<void> {
    const path = this.path(app);
    if (quarantine !== undefined) await takeOut(quarantine, join(path, "objects"));
    await this.#git.in(path).raw(["cat-file", "-e", `${commit}^{commit}`]);
    await this.stamp(app);
  }

  async isWhole(app: string, commit: string): Promise<boolean> {
    if (!(await this.exists(app))) return false;
    try {
      await this.#git.in(this.path(app)).raw(["rev-list", "--objects", "--quiet", commit, "--not", "--branches"]);
      return true;
    } catch {
      return false;
    }
  }

  async setAside(app: string, branch: string): Promise<void> {
    await this.#changes.run(() => setAside(this.#git, this.path(app), branch));
  }

  async putBack(app: string): Promise<void> {
    await this.#changes.run(() => putBack(this.#git, this.path(app)));
  }

  async continues(app: string, branch: string, commit: string, quarantine: Quarantine | undefined): Promise<boolean> {
    const path = this.path(app);
    const before = await asideTip(this.#git, path, branch);
    if (before === undefined) return true;
    const range = ["rev-list", "--max-count=1", before, `^${commit}`];
    return (await this.#git.in(path, quarantineEnvironment(quarantine)).raw(range)).trim() === "";
  }

  async setBranch(app: string, branch: string, commit: string): Promise<void> {
    await this.#git.in(this.path(app)).raw(["update-ref", `refs/heads/${branch}`, commit]);
    await this.setHead(app, branch);
  }

  async setHead(app: string, branch: string): Promise<void> {
    const path = this.path(app);
    const current = await readFile(join(path, "HEAD"), "utf8");
    if (current === `ref: refs/heads/${branch}\n`) return;
    await this.#git.in(path).raw(["symbolic-ref", "HEAD", `refs/heads/${branch}`]);
  }

  /** A path for a folder that is not there yet. What an earlier daemon left is removed with the first. */
  async #newScratch(): Promise<string> {
    this.#swept ??= rm(this.#scratch, { recursive: true, force: true });
    await this.#swept;
    await mkdir(this.#scratch, { recursive: true, mode: 0o700 });
    return join(this.#scratch, randomUUID());
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return false;
    throw error;
  }
}

/** Whether the file had to be written. */
async function update(path: string, text: string): Promise<boolean> {
  const current = (await isThere(path)) ? await readFile(path, "utf8") : undefined;
  if (current === text) return false;
  await writeFileAtomically(path, text);
  return true;
}

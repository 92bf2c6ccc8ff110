import type { Source } from "../builders/builder.ts";
import type { OnEntry } from "../lib/archive/archive.ts";
import type { Progress } from "../model/progress.ts";

/** Where the objects of a push are before its hook has agreed (git-receive-pack(1), quarantine environment). */
export interface Quarantine {
  readonly objectDirectory: string;
  /** Colon-separated, as git has it. */
  readonly alternates: string;
}

/** How a source is read. */
export interface Reading {
  readonly quarantine?: Quarantine | undefined;
  /** Ends what fetches submodules. */
  readonly signal?: AbortSignal | undefined;
  /** Told which submodules are fetched, which takes its time. */
  readonly progress?: Progress | undefined;
}

/** Tells of one file after the other, and resolves when all were told. */
export type EntrySource = (onEntry: OnEntry) => Promise<void>;

export interface ImportedCommit {
  readonly branch: string;
  readonly read: EntrySource;
  readonly message: string;
  readonly author: { readonly name: string; readonly email: string };
}

export interface Fetched {
  readonly commit: string;
  /** Undefined for a tag or a commit. */
  readonly branch: string | undefined;
}

/** The apps' bare repositories. */
export interface Repositories {
  /** Absolute path; the folder may not exist yet. */
  path(app: string): string;
  exists(app: string): Promise<boolean>;
  /** Makes it, with our hook, or brings the hook and settings of an existing one up to date. */
  ensure(app: string): Promise<void>;
  /** Notes that the app has it now: a store that knows neither is an older one. */
  stamp(app: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  remove(app: string): Promise<void>;
  /** The files of a commit, submodules included. Throws `commit-missing`; reading it `submodule-failed` and its like. */
  source(app: string, commit: string, reading?: Reading): Promise<Source>;
  /**
   * Makes a commit of these files on top of the branch, and moves no branch: whoever has deployed it calls `advance`. Throws
   * ArchiveError, and `nothing-changed` where the branch has exactly this already.
   */
  importCommit(app: string, commit: ImportedCommit, signal: AbortSignal): Promise<string>;
  /** Moves the branch to a commit that is on top of it; `git clone` checks it out then. */
  advance(app: string, branch: string, commit: string): Promise<void>;
  /**
   * Fetches a branch, tag or commit from another server (its own first branch where `ref` is undefined) and moves no branch.
   * Throws `invalid-repository-url`, `repository-unreachable`, `ref-missing`.
   */
  fetch(app: string, remote: { url: string; ref: string | undefined }, signal: AbortSignal): Promise<Fetched>;
  /** The commit that a branch is at, set aside or not; undefined where there is no such branch. */
  tip(app: string, branch: string): Promise<string | undefined>;
  /**
   * Makes sure that the repository itself has the commit, also while it is being pushed: whatever happens to the push from
   * here on, a branch can be put there. Throws where it has not.
   */
  keep(app: string, commit: string, quarantine: Quarantine | undefined): Promise<void>;
  /** Whether it has the commit and all that belongs to it. */
  isWhole(app: string, commit: string): Promise<boolean>;
  /** Shows no branch of this name to the next push, whose client would find nothing to do otherwise; `putBack` ends it. */
  setAside(app: string, branch: string): Promise<void>;
  putBack(app: string): Promise<void>;
  /** Whether `commit` is on top of where the branch was before it was set aside; true if it was not. */
  continues(app: string, branch: string, commit: string, quarantine: Quarantine | undefined): Promise<boolean>;
  /** Puts a branch where it should be, whatever it was; `git clone` checks it out then. */
  setBranch(app: string, branch: string, commit: string): Promise<void>;
  /** Which branch `git clone` checks out. */
  setHead(app: string, branch: string): Promise<void>;
}

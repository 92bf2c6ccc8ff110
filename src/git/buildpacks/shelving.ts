import type { Progress } from "../../model/progress.ts";
import type { Git, GitOptions } from "../git.ts";
import type { Shelf } from "./shelf.ts";

export interface LibraryOptions extends GitOptions {
  /** Everything that is kept, one folder for each address. */
  readonly folder: string;
  readonly caFile: string | undefined;
}

/** What brings one buildpack to its shelf. */
export interface Shelving {
  readonly git: Git;
  readonly shelf: Shelf;
  readonly options: LibraryOptions;
  readonly progress: Progress;
  readonly signal: AbortSignal;
}

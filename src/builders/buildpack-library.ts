import type { RemoteBuildpack } from "../model/buildpack-reference.ts";
import type { Progress } from "../model/progress.ts";

/** Other people's buildpacks, brought to this host once and kept. */
export interface BuildpackLibrary {
  /**
   * An archive of the buildpack's files. A branch or tag is looked up each time; where its server does not answer, what
   * it gave before is used, with a warning. Throws `buildpack-unreachable`, which names the address and the reason.
   */
  get(buildpack: RemoteBuildpack, progress: Progress, signal: AbortSignal): Promise<BuildpackArchive>;
}

export interface BuildpackArchive {
  /** A tar, compressed or not. */
  readonly path: string;
  /** Commit, or SHA-256 of the archive. Empty for a folder, which has no version. */
  readonly version: string;
  /** To be called once it has been read. */
  release(): Promise<void>;
}

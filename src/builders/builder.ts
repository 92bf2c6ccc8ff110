import type { Readable } from "node:stream";
import type { ConfigVars, ProcessTypes } from "../model/app.ts";
import type { Progress } from "../model/progress.ts";
import type { Runtime } from "../model/runtime.ts";

/** The files of one commit. Paths are relative, with `/`, without a leading one. */
export interface Source {
  /** 40 hex digits. */
  readonly commit: string;
  /** Whether a file (not a folder) is at this path. */
  has(path: string): Promise<boolean>;
  /** The file's text, or undefined where there is none. */
  read(path: string): Promise<string | undefined>;
  /** All files as an uncompressed tar with relative names. One use each call; destroying it stops the reader behind it. */
  tar(): Promise<Readable>;
}

export interface BuildRequest {
  readonly app: string;
  /** Names the app's cache and survives a rename. */
  readonly appId: string;
  readonly buildId: string;
  readonly source: Source;
  readonly config: ConfigVars;
  readonly settings: BuildSettings;
  /** What `buildpacks:add` and its like have listed, in order, and what app.json has. */
  readonly buildpacks?: { readonly listed: readonly string[]; readonly manifest: readonly string[] };
  /** What buildpacks are told as STACK, where the app does not take the default. */
  readonly stack?: string | undefined;
  readonly limits: BuildLimits;
}

/** What the app's own settings say of its builds. */
export interface BuildSettings {
  readonly dockerfilePath: string;
  /** As `docker-options:add APP build` has taken them, one each. */
  readonly dockerOptions: readonly string[];
  /** What makes images of Dockerfiles; undefined: the best that the engine has. */
  readonly backend?: "buildkit" | "classic" | undefined;
}

/** What a build may use of the host; beside running apps it always comes second. */
export interface BuildLimits {
  /** Cores: 1.5 is one and a half. */
  readonly cpus: number;
  /** 0 for no limit. */
  readonly memoryBytes: number;
}

/** The immutable result of a build. */
export interface Image {
  /** Unique to this build: `berth-INSTANCE/APP:BUILD`. */
  readonly reference: string;
  readonly processTypes: ProcessTypes;
  /** For images that are not of the buildpacks' make. */
  readonly runtime?: Runtime | undefined;
}

/**
 * Turns source into an image. A build that fails because of the app throws UserError `build-failed` after its output went
 * to `progress`; an abort of `signal` throws the signal's reason and leaves nothing behind.
 */
export interface Builder {
  readonly name: string;
  /** Names under which users may choose it besides its own. */
  readonly aliases?: readonly string[];
  detect(source: Source, settings: BuildSettings): Promise<boolean>;
  build(request: BuildRequest, progress: Progress, signal: AbortSignal): Promise<Image>;
}

/** What Berth made on the engine for an app and must remove again. Removing what is not there is no error. */
export interface ImageStore {
  /** References of all images that builds have made and that are still there. */
  list(): Promise<string[]>;
  exists(reference: string): Promise<boolean>;
  remove(reference: string): Promise<void>;
  /** Everything kept between builds of the app. */
  removeCache(appId: string): Promise<void>;
  /** Volumes and network of an app that is destroyed; no container of it is left. */
  removeData(appId: string): Promise<void>;
  /**
   * Builds that have ended, what no name leads to any more, and what was kept between builds of other apps than these:
   * `appIds` is asked once it is known what there is. Gives how many things. Not while something is built.
   */
  removeLeftovers(appIds: () => readonly string[]): Promise<number>;
  /** Text of files in any image, by paths relative to its working folder; what is not there is left out. Throws `file-too-large`. */
  files(app: string, reference: string, paths: readonly string[]): Promise<ReadonlyMap<string, string>>;
  /** Id of any image on the engine, Berth's or not; undefined where it is not there. */
  id(reference: string): Promise<string | undefined>;
  /** Throws `image-not-pulled` for an image that nobody has or gives. */
  pull(reference: string, progress: Progress, signal: AbortSignal): Promise<void>;
  /** From a tar as `docker save` writes it. Gives the names or ids that were in it. Throws `image-not-loaded`. */
  load(tar: Readable, signal: AbortSignal): Promise<string[]>;
}

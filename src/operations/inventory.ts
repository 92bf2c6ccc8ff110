import type { Release } from "../model/release.ts";
import type { Stamp } from "../model/stamp.ts";

/**
 * `container`: of a one-off process or a build that another run of the daemon began, or a dyno that was never started.
 * `untagged`: an image that lost its name to another one, or was killed before it got one. `probe`: a network that was only there to learn a free subnet. `unfinished`: what a push or an import that was killed left
 * in a repository. `page`: an error page of a user. `scratch`: what is there for a moment only.
 */
export type ThingKind =
  | "dyno"
  | "container"
  | "image"
  | "untagged"
  | "base"
  | "cache"
  | "data"
  | "app-network"
  | "probe"
  | "repository"
  | "unfinished"
  | "access-log"
  | "page"
  | "scratch";

/** Something that this Berth has made, on the engine or on disk. */
export interface Thing {
  readonly kind: ThingKind;
  /** Names it among all of its kind: container id, image reference, volume name, path. */
  readonly id: string;
  /** Name of the app that it was made for. */
  readonly app?: string | undefined;
  /** Survives a rename. */
  readonly appId?: string | undefined;
  /** Undefined for what carries none: files, and what a Berth without stamps has made. */
  readonly stamp?: Stamp | undefined;
  /** Of a dyno: version of its release, and its own name, `web.1`. */
  readonly release?: number | undefined;
  readonly dyno?: string | undefined;
  /** Of an image: what it was built from, and with (`buildpack`, `dockerfile`). */
  readonly commit?: string | undefined;
  readonly builder?: string | undefined;
}

/** Lists and removes what there is in one place. */
export interface Inventory {
  list(): Promise<Thing[]>;
  /** Removing what is gone is no error. */
  remove(thing: Thing): Promise<void>;
}

/** Reads what the engine's containers and images say of themselves. */
export interface EngineInventory extends Inventory {
  /**
   * The release that a dyno runs, as its container tells it. One that was made before containers told all of it has no id, no
   * id of the app and only its own process type. Undefined for a dyno that is gone.
   */
  releaseOf(dynoId: string): Promise<Release | undefined>;
}

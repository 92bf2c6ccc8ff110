import type { ConfigVars } from "../../model/app.ts";

/**
 * Where builds get packages from, and how they reach them: for networks in which the public registries are not to be had.
 * What is undefined stays as the tool has it. Addresses may hold a user and a password: they are for builds, not for logs.
 */
export interface BuildNetwork {
  readonly npmRegistry: string | undefined;
  readonly pypiIndex: string | undefined;
  /** As GOPROXY: addresses, `direct` and `off`, with commas or bars between. */
  readonly goProxy: string | undefined;
  readonly goSumdb: string | undefined;
  readonly mavenMirror: string | undefined;
  readonly cratesIndex: string | undefined;
  readonly rubygemsMirror: string | undefined;
  readonly packagistMirror: string | undefined;
  readonly aptMirror: string | undefined;
  readonly gitMirrors: readonly GitMirror[] | undefined;
  readonly httpProxy: string | undefined;
  readonly httpsProxy: string | undefined;
  readonly noProxy: string | undefined;
  /** Bundle of authorities on the host that builds trust in place of the image's own. */
  readonly caFile: string | undefined;
}

/** What begins with `from` is fetched from `to` instead. */
export interface GitMirror {
  readonly from: string;
  readonly to: string;
}

/** A file that is in the build's container before the build starts. */
export interface PlacedFile {
  /** Absolute. */
  readonly path: string;
  readonly content: string | Uint8Array;
}

/** What a build gets of the network's settings, whatever it builds with. */
export interface NetworkInput {
  readonly environment: ConfigVars;
  readonly files: readonly PlacedFile[];
}

export const directNetwork: BuildNetwork = {
  npmRegistry: undefined,
  pypiIndex: undefined,
  goProxy: undefined,
  goSumdb: undefined,
  mavenMirror: undefined,
  cratesIndex: undefined,
  rubygemsMirror: undefined,
  packagistMirror: undefined,
  aptMirror: undefined,
  gitMirrors: undefined,
  httpProxy: undefined,
  httpsProxy: undefined,
  noProxy: undefined,
  caFile: undefined,
};

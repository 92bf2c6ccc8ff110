import { splitWords } from "../lib/shell-words.ts";
import type { ConfigVars } from "./app.ts";

/**
 * How dynos run from an image that Berth's buildpacks did not make: its ENTRYPOINT, user and folder are kept, and the line
 * of a process type stands in for its CMD. An empty line leaves the CMD as it is.
 */
export interface Runtime {
  /** The TCP port that the image EXPOSEs, the first where there are several. */
  readonly port?: number;
  /** Process types with something of their own: an image of heroku.yml's, a service of a compose file. */
  readonly services?: Readonly<Record<string, Service>>;
}

/** What differs from the release for one process type. */
export interface Service {
  readonly image?: string;
  readonly port?: number;
  readonly entrypoint?: readonly string[];
  /** Exact words; else the process type's line counts. */
  readonly command?: readonly string[];
  /** Below the app's config vars. */
  readonly environment?: ConfigVars;
  readonly user?: string;
  readonly workingDir?: string;
  readonly volumes?: readonly Volume[];
  /** Process types that must be healthy before this one starts. */
  readonly dependsOn?: readonly string[];
  /** Names under which the app's other services reach it; with one, it is on the app's own network. */
  readonly aliases?: readonly string[];
}

/** Kept by the engine, and over releases. */
export interface Volume {
  readonly name: string;
  /** Absolute path in the container. */
  readonly target: string;
  readonly readOnly: boolean;
}

/** The part of a runtime that one dyno needs, all of it resolved. */
export interface DynoRuntime {
  /** Undefined: as the image has it. */
  readonly command: readonly string[] | undefined;
  readonly entrypoint?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly volumes: readonly Volume[];
  readonly aliases: readonly string[];
  /** Names volumes and network of the app; survives a rename. */
  readonly appId: string;
}

/** What the process type has of its own; nothing in most cases. */
export function serviceOf({ runtime }: { readonly runtime?: Runtime | undefined }, processType: string): Service {
  const services = runtime?.services ?? {};
  return (Object.hasOwn(services, processType) ? services[processType] : undefined) ?? {};
}

/** Whether the processes of a release reach each other by name. */
export function isJoined({ runtime }: { readonly runtime?: Runtime | undefined }): boolean {
  return Object.values(runtime?.services ?? {}).some(({ aliases = [] }) => aliases.length > 0);
}

/** Every image that a release runs. */
export function imagesOf(release: { readonly image: string; readonly runtime?: Runtime | undefined }): string[] {
  const services = Object.values(release.runtime?.services ?? {});
  return [...new Set([release.image, ...services.flatMap(({ image }) => image ?? [])])];
}

/**
 * A Procfile's line as what follows an image's ENTRYPOINT. A plain one is its words, as with Dokku, so that `web: app.py`
 * works with ENTRYPOINT `python`; one that wants a shell (`$PORT`, `&&`, a redirection) gets the image's own.
 */
export function imageCommand(line: string): string[] | undefined {
  const text = line.trim();
  if (text === "") return undefined;
  if (wantsShell(text)) return ["/bin/sh", "-c", text];
  return splitWords(text);
}

function wantsShell(line: string): boolean {
  // Between single quotes nothing has a meaning.
  const bare = line.replace(/'[^']*'/g, "");
  return /[$`;&|<>()*?[\]~#!\n'{}]/.test(bare) || /^\w+=/.test(bare) || (bare.split('"').length - 1) % 2 === 1;
}

import type { Duplex, Readable } from "node:stream";
import type { ContainerCreateOptions } from "dockerode";
import type { BuildLimits } from "../builders/builder.ts";

export type { ContainerCreateOptions } from "dockerode";

export type Labels = Readonly<Record<string, string>>;

/**
 * The calls to the Docker engine that Berth uses, and no more. Each throws UserError `engine-unreachable` where nobody
 * answers on the socket, `engine-silent` where it takes a call and does not answer in time (calls that take as long as a
 * build, a process or a transfer are not timed, and end by their signal), and EngineError with the engine's own message for
 * the rest. Streams that are returned have an error handler; who takes one ends or destroys it.
 */
export interface DockerEngine {
  readonly socketPath: string;
  /** Random, other for each run of the daemon: what carries another one's label was left behind. */
  readonly session: string;
  version(): Promise<EngineVersion>;
  /** Where it keeps images and containers: a path on its own machine. */
  folder(): Promise<string>;
  readonly containers: Containers;
  readonly images: Images;
  readonly networks: Networks;
  readonly volumes: Volumes;
  /** Container events `start`, `die` and `destroy`; resolves once subscribed. */
  events(filter: { labels: Labels; since: number }, signal: AbortSignal): Promise<AsyncIterable<EngineEvent>>;
}

export interface EngineVersion {
  /** `20.10.24` */
  readonly version: string;
  /** `1.41` */
  readonly apiVersion: string;
}

export interface Containers {
  /** Its id. Throws EngineError with status 409 where the name is taken, 404 where the image is missing. */
  create(name: string, options: ContainerCreateOptions): Promise<string>;
  start(id: string): Promise<void>;
  /** With the container's own signal and timeout; resolves once it has ended. One that is not there is no error. */
  stop(id: string): Promise<void>;
  /** Kills it where it runs and resolves once it is gone. One that is not there is no error. */
  remove(id: string): Promise<void>;
  /** Undefined where there is none. */
  inspect(id: string): Promise<ContainerDetails | undefined>;
  /** Those with all these labels, running or not. */
  list(labels: Labels): Promise<ContainerSummary[]>;
  /** Streams of a container that is not started yet: written bytes are its stdin, `end` closes that alone. */
  attach(id: string): Promise<Duplex>;
  /** Exit code, once it has ended. */
  wait(id: string, signal?: AbortSignal): Promise<number>;
  resize(id: string, size: { columns: number; rows: number }): Promise<void>;
  /** Multiplexed, one frame a message, each beginning with its time. The last `tail` ones, not before `since` (Unix seconds). */
  logs(id: string, options: { follow: boolean; tail: number; since?: number }): Promise<Readable>;
  /** Runs a command in a running container as its user, and gives what it printed on stdout. */
  output(id: string, command: readonly string[]): Promise<Buffer>;
  /** A tar of the folder; names begin with the folder's own. */
  getArchive(id: string, path: string): Promise<Readable>;
  putArchive(id: string, path: string, tar: Readable | Buffer, signal?: AbortSignal): Promise<void>;
  /** Makes an image of it; the container need not have run. */
  commit(id: string, image: { repository: string; tag: string }, config: object, signal?: AbortSignal): Promise<void>;
}

export interface ContainerSummary {
  readonly id: string;
  readonly labels: Labels;
  /** As in ContainerDetails. */
  readonly status: string;
}

export interface ContainerDetails {
  readonly id: string;
  readonly labels: Labels;
  /** `created running paused restarting removing exited dead` */
  readonly status: string;
  readonly exitCode: number;
  readonly outOfMemory: boolean;
  readonly restarts: number;
  readonly image: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
  readonly name: string;
  /** As it was given, or as the image has it. */
  readonly command: readonly string[];
  /** `KEY=value` */
  readonly env: readonly string[];
  /** TCP ports, the lowest first. */
  readonly exposedPorts: readonly number[];
  /** Without an address: one that is not up, or the host's own network. */
  readonly networks: readonly { readonly name: string; readonly address: string | undefined }[];
}

export interface Images {
  /** Undefined where there is none. */
  inspect(reference: string): Promise<ImageDetails | undefined>;
  /** References of those with all these labels. */
  list(labels: Labels): Promise<string[]>;
  /** The same with the labels of each. */
  summaries(labels: Labels): Promise<{ reference: string; labels: Labels }[]>;
  /** Ids of those with all these labels that have neither a name nor a descendant. */
  untagged(labels: Labels): Promise<string[]>;
  /** Those without a name that have all these labels, and nothing that a container uses. Gives how many. */
  pruneUntagged(labels: Labels): Promise<number>;
  /** Throws EngineError with status 409 where a container uses it. */
  remove(reference: string): Promise<void>;
  /** Gives the image one name more, and takes it from whatever had it. */
  tag(reference: string, name: { repository: string; tag: string }): Promise<void>;
  /**
   * Builds and tags. Throws BuildError where a step fails, the signal's reason where it is aborted, what the context's
   * stream broke off with. The context is destroyed in the end.
   */
  build(build: ImageBuild, signal: AbortSignal): Promise<void>;
  /** Throws EngineError for an image that nobody has or gives. */
  pull(reference: string, onLine: (line: string) => void, signal: AbortSignal): Promise<void>;
  /** From a tar as `docker save` writes it. Gives the names, or ids, of what was in it. */
  load(tar: Readable, signal: AbortSignal): Promise<string[]>;
}

export interface ImageBuild {
  readonly backend: "buildkit" | "classic";
  /** A tar. */
  readonly context: Readable;
  /** Its path in the context. */
  readonly dockerfile: string;
  readonly tag: string;
  readonly labels: Labels;
  readonly buildArgs: Readonly<Record<string, string>>;
  readonly target?: string | undefined;
  /** `linux/arm64` */
  readonly platform?: string | undefined;
  readonly noCache?: boolean;
  /** Ask registries for newer base images. */
  readonly pull?: boolean;
  /** Kept by the classic builder; BuildKit has none for its steps. */
  readonly limits: BuildLimits;
  /** For the steps of the classic builder; BuildKit has the engine's own bridge. */
  readonly network?: string;
  /** Asked while the build runs, by BuildKit alone; undefined where there is none of that id. */
  readonly secret: (id: string) => string | undefined;
  readonly onLine: (line: string) => void;
}

export interface ImageDetails {
  /** `sha256:` and 64 hex digits: other for each content. */
  readonly id: string;
  readonly labels: Labels;
  readonly command: readonly string[];
  readonly entrypoint: readonly string[];
  /** Empty: root. */
  readonly user: string;
  /** Empty: `/`. */
  readonly workingDir: string;
  /** As `8080/tcp`, in no order. */
  readonly exposed: readonly string[];
}

export interface Networks {
  /** Its id. Throws EngineError where the name is taken or the subnet is in use. */
  create(options: NetworkOptions): Promise<string>;
  /** By name; undefined where there is none. */
  inspect(name: string): Promise<NetworkDetails | undefined>;
  list(labels: Labels): Promise<{ id: string; labels: Labels }[]>;
  /** Puts a container on a further network, under these names. Without an address, the engine chooses one. */
  connect(name: string, container: string, aliases: readonly string[], address?: string): Promise<void>;
  remove(id: string): Promise<void>;
}

export interface NetworkOptions {
  readonly name: string;
  readonly labels: Labels;
  readonly options?: Readonly<Record<string, string>>;
  /** No way out of it. */
  readonly internal?: boolean;
  readonly subnet?: string;
  readonly range?: string;
  readonly gateway?: string;
}

export interface NetworkDetails {
  readonly id: string;
  readonly driver: string;
  readonly labels: Labels;
  readonly options: Readonly<Record<string, string>>;
  readonly subnet: string | undefined;
  readonly range: string | undefined;
  readonly gateway: string | undefined;
  /** The containers that are on it and run: id -> IPv4 address there. */
  readonly containers: Readonly<Record<string, string | undefined>>;
}

export interface Volumes {
  list(labels: Labels): Promise<{ name: string; labels: Labels }[]>;
  labels(name: string): Promise<Labels | undefined>;
  remove(name: string): Promise<void>;
}

export interface EngineEvent {
  readonly action: "start" | "die" | "destroy";
  readonly id: string;
  readonly labels: Labels;
}

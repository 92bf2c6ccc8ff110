import type { Readable, Writable } from "node:stream";
import type { ConfigVars } from "../model/app.ts";
import type { Dyno, DynoSpec } from "../model/dyno.ts";

/** Something happened to a dyno. `gone`: its container was removed. */
export interface DynoEvent {
  readonly type: "started" | "died" | "gone";
  readonly id: string;
  readonly app: string;
  /** Of a `died`, where the engine told it. */
  readonly exitCode?: number;
}

/** A one-off process, attached to the caller until it ends. */
export interface RunSpec {
  readonly app: string;
  readonly release: number;
  readonly image: string;
  /** Words, not a shell line: they reach the process as they are. */
  readonly command: readonly string[];
  /** The image is not of the buildpacks' make: its ENTRYPOINT gets the words. */
  readonly ownImage?: boolean;
  /** What a process type has in place of its image's own. */
  readonly process?: {
    readonly entrypoint?: readonly string[];
    readonly user?: string;
    readonly workingDir?: string;
  };
  /** Id of the app whose services it is to reach by their names. */
  readonly joins?: string;
  readonly config: ConfigVars;
  readonly stopTimeoutSeconds: number;
  /** Where it ends with exit code 0, an image of this reference gets its files; `image` may be the same. */
  readonly saveAs?: string;
}

export interface RunIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  /** Not used with a terminal: there both arrive on stdout. */
  readonly stderr: Writable;
  /** Set when the process gets a terminal. */
  readonly terminal: Terminal | undefined;
  /** Ends the process: the caller has gone. */
  readonly signal: AbortSignal;
}

export interface Terminal {
  readonly name: string;
  readonly size: TerminalSize;
  /** Calls back for each later size; returns the unsubscribe. */
  onResize(listener: (size: TerminalSize) => void): () => void;
}

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export interface LogOptions {
  readonly follow: boolean;
  /** How many of the last lines to begin with. */
  readonly lines: number;
  /** Only lines of a later time than this (as LogLine has it). */
  readonly after?: string;
  readonly signal: AbortSignal;
}

export interface LogLine {
  /** RFC 3339 with nanoseconds, as the engine wrote it; sorts as text. */
  readonly time: string;
  readonly stream: "stdout" | "stderr";
  readonly text: string;
}

/** Runs dynos. It is told what to do and never decides: no restarts of its own, no formation, no routes. */
export interface Scheduler {
  /** All dynos of this Berth, of one app where named, ended ones too. One-off dynos are not among them. */
  list(app?: string): Promise<Dyno[]>;
  /** Resolves once the process was started, not when it is healthy. On failure nothing is left behind. */
  start(spec: DynoSpec): Promise<Dyno>;
  /** SIGTERM, the dyno's stop timeout, SIGKILL, removal. One that is not there is no error. */
  stop(id: string): Promise<void>;
  /** Resolves once subscribed; ends with the signal. Goes on by itself when the engine restarts. */
  watch(signal: AbortSignal): Promise<AsyncIterable<DynoEvent>>;
  /** Exit code of the process. */
  attach(spec: RunSpec, io: RunIo): Promise<number>;
  /** A dyno that is not there has no lines. */
  logs(id: string, options: LogOptions): AsyncIterable<LogLine>;
  /** Ports on which something in the dyno listens, and on which address; empty where it cannot be told. */
  listeners(id: string): Promise<Listener[]>;
}

export interface Listener {
  readonly address: string;
  readonly port: number;
}

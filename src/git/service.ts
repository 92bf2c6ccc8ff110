import type { Readable, Writable } from "node:stream";

/** The streams of one `git push`, `clone` or `fetch`. */
export interface GitIo {
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** Name of the key. */
  readonly actor: string;
  /** Of the key: `SHA256:...`. */
  readonly fingerprint: string;
  /** The client's GIT_PROTOCOL, for wire protocol version 2. */
  readonly protocol: string | undefined;
  /** Aborts when the client has gone. */
  readonly signal: AbortSignal;
}

/** What the ssh door hands git's own commands to. Never throws: what went wrong is on `stderr`, the number is the exit code. */
export interface GitService {
  /** `git push`: creates app and repository, deploys while the client waits. */
  receivePack(app: string, io: GitIo): Promise<number>;
  /** `git clone` and `git fetch`. */
  uploadPack(app: string, io: GitIo): Promise<number>;
}

import type { LineSink } from "./log-file.ts";

/** What is known of a request when it is over. Times in milliseconds. */
export interface AccessEntry {
  readonly startedAt: number;
  readonly method: string;
  readonly path: string;
  readonly host: string;
  readonly requestId: string;
  readonly clientAddress: string;
  readonly app: string | undefined;
  readonly dyno: string | undefined;
  readonly connectMs: number | undefined;
  readonly serviceMs: number;
  /** 0 when no response was begun. */
  readonly status: number;
  /** Of the response body. */
  readonly bytes: number;
  readonly fault: { readonly code: string; readonly desc: string } | undefined;
}

/** Heroku's line: `at=info method=GET path="/x" host=h request_id=.. fwd="1.2.3.4" dyno=web.1 connect=1ms ...` */
export function accessLine(entry: AccessEntry): string {
  const { fault } = entry;
  const at = fault === undefined ? "at=info" : `at=error code=${fault.code} desc=${JSON.stringify(fault.desc)}`;
  return (
    `${new Date(entry.startedAt).toISOString()} ${at} method=${entry.method} path=${quoted(entry.path)} ` +
    `host=${word(entry.host)} request_id=${entry.requestId} fwd="${entry.clientAddress}" app=${entry.app ?? ""} ` +
    `dyno=${entry.dyno ?? ""} connect=${entry.connectMs === undefined ? "" : `${entry.connectMs}ms`} ` +
    `service=${entry.serviceMs}ms status=${entry.status} bytes=${entry.bytes} protocol=http`
  );
}

export class AccessLog {
  readonly #sink: LineSink;
  readonly #off: boolean;

  constructor(sink: LineSink | undefined) {
    this.#off = sink === undefined;
    this.#sink = sink ?? { write: () => undefined, close: () => Promise.resolve() };
  }

  write(entry: AccessEntry): void {
    if (!this.#off) this.#sink.write(accessLine(entry));
  }
}

const harmlessPath = /^[\x21\x23-\x5b\x5d-\x7e]*$/;
const harmlessWord = /^[\w.:[\]-]*$/;

// What a client sends may not look like the end of a field or of a line.
function quoted(text: string): string {
  return harmlessPath.test(text) ? `"${text}"` : JSON.stringify(text);
}

function word(text: string): string {
  return harmlessWord.test(text) ? text : JSON.stringify(text);
}

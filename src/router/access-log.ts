import type { AppLogs } from "./app-logs.ts";
import type { LineSink } from "./log-file.ts";

/** What is known of a request when it is over. Times in milliseconds. */
export interface AccessEntry {
  readonly endedAt: number;
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
  /** Between client and router; empty where no request could be read. */
  readonly httpVersion: string;
  /** `https` also where a proxy before us says so. */
  readonly protocol: "http" | "https";
  /** `tls1.3`, where the connection to us is encrypted. */
  readonly tlsVersion: string | undefined;
  readonly fault: { readonly code: string; readonly desc: string } | undefined;
}

/** The line of Heroku's second router: `at=info method=GET path="/x" host=h request_id=.. fwd="1.2.3.4" dyno=web.1 ...` */
export function accessLine(entry: AccessEntry): string {
  const { fault } = entry;
  const at = fault === undefined ? "at=info" : faultFields(fault);
  return (
    `${timeStamp(entry.endedAt)} ${at} method=${entry.method} path=${quoted(entry.path)} ` +
    `host=${word(entry.host)} request_id=${entry.requestId} fwd="${entry.clientAddress}" ` +
    `dyno=${entry.dyno ?? ""} connect=${entry.connectMs === undefined ? "" : `${entry.connectMs}ms`} ` +
    `service=${entry.serviceMs}ms status=${entry.status} bytes=${entry.bytes} ` +
    protocolFields(entry)
  );
}

function protocolFields({ httpVersion, protocol, tlsVersion }: AccessEntry): string {
  const plain = `protocol=http${httpVersion} tls=${protocol === "https"}`;
  return tlsVersion === undefined ? plain : `${plain} tls_version=${tlsVersion}`;
}

/** Heroku's prefixes: not every answer of the router's own is an error, and some tell whose connection it was. */
const prefixes: Readonly<Record<string, string>> = {
  H15: "sock=backend at=error",
  H18: "sock=backend at=error",
  H27: "sock=client at=warning",
  H28: "sock=client at=warning",
  H80: "at=info",
  H81: "at=info",
};

function faultFields({ code, desc }: { readonly code: string; readonly desc: string }): string {
  return `${prefixes[code] ?? "at=error"} code=${code} desc=${JSON.stringify(desc)}`;
}

/** To one sink for all apps, where each line ends with its app, or to the files of each app. */
export type AccessLogSink =
  | { readonly kind: "all"; readonly sink: LineSink }
  | { readonly kind: "apps"; readonly logs: AppLogs };

export class AccessLog {
  readonly #sink: AccessLogSink | undefined;

  constructor(sink: AccessLogSink | undefined) {
    this.#sink = sink;
  }

  write(entry: AccessEntry): void {
    const sink = this.#sink;
    if (sink === undefined) return;
    if (sink.kind === "apps") sink.logs.write(entry.app, accessLine(entry));
    else sink.sink.write(`${accessLine(entry)} app=${entry.app ?? ""}`);
  }

  async close(): Promise<void> {
    if (this.#sink?.kind === "apps") await this.#sink.logs.close();
    else await this.#sink?.sink.close();
  }
}

const harmlessPath = /^[\x21\x23-\x5b\x5d-\x7e]*$/;
const harmlessWord = /^[\w.:[\]-]*$/;

// What a client sends may not look like the end of a field or of a line.
function quoted(text: string): string {
  return harmlessPath.test(text) ? `"${text}"` : escaped(text);
}

function word(text: string): string {
  return harmlessWord.test(text) ? text : escaped(text);
}

/** What JSON leaves as it is steers some terminals, or ends a line for some readers. */
function escaped(text: string): string {
  return JSON.stringify(text).replace(
    /[\x7f-\x9f\u2028\u2029]/g,
    (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

let stampedMs = Number.NaN;
let stamp = "";

/** Many requests end in one millisecond, and the calendar is a good part of what a line costs. */
function timeStamp(ms: number): string {
  if (ms !== stampedMs) {
    stampedMs = ms;
    stamp = new Date(ms).toISOString();
  }
  return stamp;
}

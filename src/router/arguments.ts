import { parseArgs } from "node:util";
import type { Address } from "./listening.ts";
import type { AccessLogTarget } from "./options.ts";

/** What the daemon's supervisor says on a worker's command line; paths below the root are the caller's to add. */
export interface WorkerArguments {
  readonly root: string;
  readonly worker: number;
  readonly http: Address;
  /** On the same host. */
  readonly https: Address | undefined;
  readonly fingerprint: string;
  /** Undefined: where the caller thinks best. */
  readonly accessLog: AccessLogTarget | undefined;
  readonly proxyProtocol: boolean;
}

/** `--root R --worker N --http-port P [--https-port P] [--http-host H] [--fingerprint F] [--access-log off|stdout|PATH] [--proxy-protocol]`. Throws for anything else. */
export function parseWorkerArguments(args: readonly string[]): WorkerArguments {
  const { values } = parseArgs({
    args: [...args],
    options: {
      root: { type: "string" },
      worker: { type: "string" },
      "http-port": { type: "string" },
      "https-port": { type: "string" },
      "http-host": { type: "string" },
      fingerprint: { type: "string", default: "" },
      "access-log": { type: "string" },
      "proxy-protocol": { type: "boolean", default: false },
    },
  });
  if (values.root === undefined) throw new Error("--root is missing");
  const host = values["http-host"];
  const secure = values["https-port"];
  return {
    root: values.root,
    worker: whole("--worker", values.worker, 1, 1024),
    http: { port: whole("--http-port", values["http-port"], 1, 65_535), host },
    https: secure === undefined ? undefined : { port: whole("--https-port", secure, 1, 65_535), host },
    fingerprint: values.fingerprint,
    accessLog: values["access-log"] === undefined ? undefined : accessLogTarget(values["access-log"]),
    proxyProtocol: values["proxy-protocol"],
  };
}

export function accessLogTarget(text: string): AccessLogTarget {
  return text === "off" || text === "stdout" ? text : { file: text };
}

function whole(name: string, text: string | undefined, least: number, most: number): number {
  const value = Number(text);
  if (text === undefined || !Number.isInteger(value) || value < least || value > most) {
    throw new Error(`${name} must be a whole number from ${least} to ${most}`);
  }
  return value;
}

import type { SecureContext } from "node:tls";
import { createSecureContext } from "../../lib/node-tls.ts";
import { covers } from "../../model/certificate.ts";
import type { Entries } from "../entries.ts";
import { hostName } from "../headers.ts";
import type { RoutedApp } from "../routed-app.ts";
import type { WorkerLog } from "../worker-log.ts";
import { profile } from "./profile.ts";

// Each holds some 50 KB of OpenSSL's. Past this many, the one that was used least lately is made anew when it is wanted.
const limit = 2_000;

/** Which certificate a client gets for the name it asks for. One that cannot be used is logged, and as if it were not there. */
export class SecureContexts {
  readonly #entries: Entries;
  readonly #find: (host: string) => readonly RoutedApp[];
  readonly #log: WorkerLog;
  /** Certificate id -> context, the one used least lately first; undefined for one that cannot be used. */
  readonly #made = new Map<string, SecureContext | undefined>();

  /** `find`: the apps that may get a request for a host, the one that has all of it first. */
  constructor(entries: Entries, find: (host: string) => readonly RoutedApp[], log: WorkerLog) {
    this.#entries = entries;
    this.#find = find;
    this.#log = log;
  }

  /** An entry has changed. */
  forget(id: string): void {
    this.#made.delete(id);
  }

  /** Undefined where there is none at all: the handshake fails. */
  forHost(serverName: string): SecureContext | undefined {
    const host = hostName(serverName);
    const ids = this.#find(host).flatMap(({ routes }) => routes.tls?.certificates ?? []);
    const fitting = ids.find((id) => this.#covers(id, host) && this.#context(id) !== undefined);
    if (fitting !== undefined) return this.#context(fitting);
    return this.#firstUsable(ids) ?? this.default();
  }

  /** For clients that name no host. */
  default(): SecureContext | undefined {
    const id = this.#entries.tls?.certificate;
    return id === undefined ? undefined : this.#context(id);
  }

  /** Whether a browser that trusts the issuer is content with the certificate that the app has for this host. */
  hasCertificateFor(app: RoutedApp, host: string): boolean {
    const name = hostName(host);
    return app.routes.tls?.certificates.some((id) => this.#covers(id, name)) === true;
  }

  /** What the app has covers none of this host: its own certificate tells a person more than a stranger's would. */
  #firstUsable(ids: readonly string[]): SecureContext | undefined {
    for (const id of ids) {
      const context = this.#context(id);
      if (context !== undefined) return context;
    }
    return undefined;
  }

  #covers(id: string, host: string): boolean {
    const entry = this.#entries.certificate(id);
    return entry !== undefined && covers(entry.names, host);
  }

  #context(id: string): SecureContext | undefined {
    if (this.#made.has(id)) {
      const context = this.#made.get(id);
      this.#made.delete(id);
      this.#made.set(id, context);
      return context;
    }
    const entry = this.#entries.certificate(id);
    if (entry === undefined) return undefined;
    const context = this.#make(id, entry.chain, entry.key);
    this.#made.set(id, context);
    const oldest = this.#made.keys().next();
    if (this.#made.size > limit && !oldest.done) this.#made.delete(oldest.value);
    return context;
  }

  #make(id: string, cert: string, key: string): SecureContext | undefined {
    try {
      return createSecureContext({ ...profile, cert, key });
    } catch (error) {
      this.#log.error({ err: error, certificate: id }, "certificate cannot be used");
      return undefined;
    }
  }
}

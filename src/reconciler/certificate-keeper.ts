import { randomBytes } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import type { Certificate, TlsEntry } from "../model/certificate.ts";
import { certificateEntry, entryId } from "../operations/certificate-entries.ts";
import type { Context } from "../operations/context.ts";
import { inspectIssued } from "../operations/inspect-issued.ts";

// Who gets hold of the keys for tickets can read what was sent under them: so not for long.
const ticketLifeMs = 12 * 3_600_000;
const renewBeforeMs = 30 * 24 * 3_600_000;
const ticketKeyBytes = 48;

/** Sees to it that the router has every certificate, a default one for hosts without, and fresh keys for tickets. */
export class CertificateKeeper {
  readonly #context: Context;
  readonly #stop = new AbortController();
  #running: Promise<void> = Promise.resolve();

  constructor(context: Context) {
    this.#context = context;
  }

  /** Before the first table of routes, which refers to certificates. */
  async start(): Promise<void> {
    const { publisher, store } = this.#context;
    await this.#renewDefault();
    await publisher.put(store.read((view) => view.certificates.list()).map(certificateEntry));
    await this.#publishTls();
    this.#running = this.#rotate();
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#running;
  }

  async #rotate(): Promise<void> {
    for (;;) {
      await delay(ticketLifeMs, undefined, { signal: this.#stop.signal }).catch(() => undefined);
      if (this.#stop.signal.aborted) return;
      try {
        await this.#renewDefault();
        await this.#publishTls();
      } catch (error) {
        this.#context.logger.error({ err: error }, "keys for TLS could not be renewed");
      }
    }
  }

  async #publishTls(): Promise<void> {
    const { publisher, store } = this.#context;
    const certificate = store.read((view) => view.certificates.of(undefined));
    if (certificate === undefined) throw new Error("there is no default certificate");
    const ticketKeys = randomBytes(ticketKeyBytes).toString("base64");
    const tls: TlsEntry = { kind: "tls", id: "tls", certificate: entryId(certificate), ticketKeys };
    await publisher.put([certificateEntry(certificate), tls]);
  }

  async #renewDefault(): Promise<void> {
    const { store, issuers, settings, now } = this.#context;
    const { domain } = settings;
    const names = domain === undefined ? ["berth.invalid"] : [domain, `*.${domain}`];
    const present = store.read((view) => view.certificates.of(undefined));
    if (present !== undefined && isFit(present, names, now())) return;
    const issued = await issuers.selfSigned.issue({ names }, this.#stop.signal);
    const certificate = inspectIssued(issued, { appId: undefined, origin: "generated", now: now() });
    store.write((changes) => changes.certificates.put(certificate));
    if (present !== undefined) await this.#context.publisher.drop([entryId(present)]);
  }
}

function isFit(certificate: Certificate, names: readonly string[], now: number): boolean {
  return certificate.notAfter - renewBeforeMs > now && names.every((name) => certificate.names.includes(name));
}

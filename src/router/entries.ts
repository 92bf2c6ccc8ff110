import { AddressList, isNetwork } from "../lib/address-list.ts";
import type { AlpnChallenge, CertificateEntry, RouterEntry, TlsEntry } from "../model/certificate.ts";

/** What the route table has besides apps: certificates, challenges of CAs, and whom to trust. */
export class Entries {
  readonly #all = new Map<string, RouterEntry>();
  /** Token -> response. */
  readonly #http = new Map<string, string>();
  /** Host -> challenge. */
  readonly #alpn = new Map<string, AlpnChallenge>();
  #trusted: AddressList | undefined;
  /** Called after an entry was put or taken away. */
  onChange: ((id: string) => void) | undefined;

  replace(entries: readonly RouterEntry[]): void {
    const kept = new Set(entries.map(({ id }) => id));
    for (const id of [...this.#all.keys()]) if (!kept.has(id)) this.drop(id);
    for (const entry of entries) this.put(entry);
  }

  put(entry: RouterEntry): void {
    this.#forget(entry.id);
    this.#all.set(entry.id, entry);
    if (entry.kind === "http-01") this.#http.set(entry.token, entry.response);
    if (entry.kind === "tls-alpn-01") this.#alpn.set(entry.host, entry);
    if (entry.kind === "proxies") this.#trusted = listOf(entry.networks);
    this.onChange?.(entry.id);
  }

  drop(id: string): void {
    this.#forget(id);
    this.#all.delete(id);
    this.onChange?.(id);
  }

  list(): RouterEntry[] {
    return [...this.#all.values()];
  }

  /** Proxies before us; undefined where there are none. */
  get trusted(): AddressList | undefined {
    return this.#trusted;
  }

  get tls(): TlsEntry | undefined {
    const entry = this.#all.get("tls");
    return entry?.kind === "tls" ? entry : undefined;
  }

  certificate(id: string): CertificateEntry | undefined {
    const entry = this.#all.get(id);
    return entry?.kind === "certificate" ? entry : undefined;
  }

  httpResponse(token: string): string | undefined {
    return this.#http.get(token);
  }

  alpnChallenge(host: string): AlpnChallenge | undefined {
    return this.#alpn.get(host);
  }

  get awaitsAlpn(): boolean {
    return this.#alpn.size > 0;
  }

  #forget(id: string): void {
    const before = this.#all.get(id);
    if (before?.kind === "http-01") this.#http.delete(before.token);
    if (before?.kind === "tls-alpn-01") this.#alpn.delete(before.host);
    if (before?.kind === "proxies") this.#trusted = undefined;
  }
}

function listOf(networks: readonly string[]): AddressList | undefined {
  const known = networks.filter(isNetwork);
  return known.length === 0 ? undefined : new AddressList(known);
}

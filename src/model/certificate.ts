/** Where an app's certificate came from, which says who renews it. */
export type CertificateOrigin = "uploaded" | "generated" | "acme";

/** A certificate and its key, as the store keeps them: one for each app, and one of the host. Times are Unix milliseconds. */
export interface Certificate {
  /** Undefined: the host's. */
  readonly appId: string | undefined;
  readonly origin: CertificateOrigin;
  /** PEM: the app's own certificate first, each one's issuer after it. */
  readonly chain: string;
  /** PEM, not encrypted. */
  readonly key: string;
  /** In lower case; may begin with `*.`. */
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  readonly createdAt: number;
}

/** What went wrong with the last certificate that was asked for, and when to ask again. Gone once one was issued. */
export interface Issuance {
  /** In a row. */
  readonly failures: number;
  readonly error: string;
  /** Unix milliseconds. */
  readonly retryAt: number;
}

/** What router workers get of a certificate. */
export interface CertificateEntry {
  readonly kind: "certificate";
  /** Changes with the contents, so that a worker may keep what it made of it. */
  readonly id: string;
  readonly names: readonly string[];
  readonly chain: string;
  readonly key: string;
}

/** RFC 8555, 8.3: a file that a CA asks for over plain HTTP. */
export interface HttpChallenge {
  readonly kind: "http-01";
  readonly id: string;
  readonly token: string;
  readonly response: string;
}

/** RFC 8737: a certificate that a CA asks for with the protocol `acme-tls/1`. */
export interface AlpnChallenge {
  readonly kind: "tls-alpn-01";
  readonly id: string;
  readonly host: string;
  readonly chain: string;
  readonly key: string;
}

/** What is the same for all hosts. */
export interface TlsEntry {
  readonly kind: "tls";
  readonly id: "tls";
  /** Id of the certificate for hosts that have no better one. */
  readonly certificate: string;
  /** 48 random bytes in base64: any worker resumes what any other began. */
  readonly ticketKeys: string;
}

/** Proxies before the router, whose word on where a request comes from is taken. */
export interface ProxiesEntry {
  readonly kind: "proxies";
  readonly id: "proxies";
  /** Addresses and networks; empty: nobody is trusted. */
  readonly networks: readonly string[];
}

/** What the route table has besides apps: few, and each replaced as a whole. */
export type RouterEntry = CertificateEntry | HttpChallenge | AlpnChallenge | TlsEntry | ProxiesEntry;

/** RFC 6125: `*.example.com` stands for one label, no more. Both in lower case. */
export function covers(names: readonly string[], host: string): boolean {
  const wildcard = `*${host.slice(Math.max(host.indexOf("."), 0))}`;
  return names.some((name) => name === host || (name === wildcard && host.includes(".")));
}

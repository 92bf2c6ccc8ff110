import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2, type OutgoingHttpHeaders } from "node:http2";
import { Agent } from "node:https";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { keyPem, newKey, selfSignedCertificate } from "../../../src/certificates/x509.ts";
import type { CertificateEntry, RouterEntry } from "../../../src/model/certificate.ts";
import type { AppRoutes } from "../../../src/model/route.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";

const day = 24 * 3_600_000;

export function certificateFor(...names: string[]): CertificateEntry {
  const key = newKey();
  const chain = selfSignedCertificate({ key, names, now: Date.now(), lifeMs: day });
  return { kind: "certificate", id: `${names[0]}-${randomBytes(4).toString("hex")}`, names, chain, key: keyPem(key) };
}

/** What every worker that speaks TLS has, with a certificate for nothing. */
export function tlsEntries(ticketKeys = randomBytes(48).toString("base64")): RouterEntry[] {
  const fallback = certificateFor("berth.invalid");
  return [fallback, { kind: "tls", id: "tls", certificate: fallback.id, ticketKeys }];
}

export function secured(routes: AppRoutes, certificates: readonly CertificateEntry[], more = {}): AppRoutes {
  const tls = { certificates: certificates.map(({ id }) => id), redirect: false, hsts: undefined, ...more };
  return { ...routes, tls };
}

/** A TLS connection that stands. */
export async function secureConnection(t: CleanUp, port: number, options: ConnectionOptions): Promise<TLSSocket> {
  const socket = connect({ host: "127.0.0.1", port, rejectUnauthorized: false, ...options });
  cleanUp(t, () => socket.destroy());
  await once(socket, "secureConnect");
  socket.on("error", () => undefined);
  return socket;
}

/** The first name of the certificate that is shown for this host. */
export async function shownFor(t: CleanUp, port: number, servername: string | undefined): Promise<string> {
  const socket = await secureConnection(t, port, servername === undefined ? {} : { servername });
  const [name = ""] = socket.getPeerX509Certificate()?.subjectAltName?.split(", ") ?? [];
  socket.destroy();
  return name.replace("DNS:", "");
}

export function secureAgent(servername = "app.test"): Agent {
  return new Agent({ rejectUnauthorized: false, servername });
}

export interface Http2Answer {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[] | number>;
  readonly information: NodeJS.Dict<string | string[] | number>[];
  readonly trailers: NodeJS.Dict<string | string[] | number>;
  readonly body: string;
}

export async function http2Session(t: CleanUp, port: number, host = "app.test"): Promise<ClientHttp2Session> {
  const session = connectHttp2(`https://${host}:${port}`, {
    // A client may queue as much as it likes.
    maxSessionMemory: 200,
    createConnection: () =>
      connect({ host: "127.0.0.1", port, servername: host, ALPNProtocols: ["h2"], rejectUnauthorized: false }),
  });
  session.on("error", () => undefined);
  cleanUp(t, () => session.destroy());
  await once(session, "connect");
  return session;
}

/** Rejects when the stream is reset. */
export async function askHttp2(
  session: ClientHttp2Session,
  headers: OutgoingHttpHeaders = {},
  send?: (write: (chunk: string) => void, end: () => void) => void,
): Promise<Http2Answer> {
  const stream = session.request({ ":authority": "app.test", ...headers }, { endStream: send === undefined });
  const information: Http2Answer["information"] = [];
  let trailers: Http2Answer["trailers"] = {};
  stream.on("headers", (more) => information.push(more));
  stream.on("continue", () => information.push({ ":status": 100 }));
  stream.on("trailers", (more) => {
    trailers = more;
  });
  send?.(
    (chunk) => stream.write(chunk),
    () => stream.end(),
  );
  const [first] = await once(stream, "response");
  let body = "";
  for await (const chunk of stream.setEncoding("utf8")) body += chunk;
  if (stream.rstCode !== 0) throw new Error(`reset with ${stream.rstCode}`);
  return { status: first[":status"], headers: first, information, trailers, body };
}

import type { IncomingHttpHeaders } from "node:http";
import { text } from "node:stream/consumers";

export interface Sent {
  readonly method: "GET" | "HEAD" | "POST";
  readonly body?: object;
  /** PEM, besides those that everybody trusts. */
  readonly roots: string | undefined;
  readonly signal: AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

const timeoutMs = 30_000;

export function send(url: string, { method, body, roots, signal }: Sent): Promise<Answer> {
  // On the first use: most of the time the daemon asks no authority.
  const { request } = process.getBuiltinModule("node:https");
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { "User-Agent": "berth", ...(body && { "Content-Type": "application/jose+json" }) };
  // Asked for like this because it makes texts of all the authorities that node knows.
  const ca = roots === undefined ? {} : { ca: [...process.getBuiltinModule("node:tls").rootCertificates, roots] };
  const sent = request(url, { method, headers, agent: false, signal, ...ca }, (response) => {
    const { statusCode: status = 0, headers } = response;
    text(response).then((text) => resolve({ status, headers, text }), reject);
  });
  sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer from ${new URL(url).host}`)));
  sent.on("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

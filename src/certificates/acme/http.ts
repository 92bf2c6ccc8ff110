import type { IncomingHttpHeaders } from "node:http";
import type { Readable } from "node:stream";

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
// Of an answer that comes a byte at a time: the certificates of all other apps wait for it.
const longestMs = 2 * 60_000;
const longestAnswer = 1024 * 1024;

export function send(url: string, { method, body, roots, signal }: Sent): Promise<Answer> {
  // On the first use: most of the time the daemon asks no authority.
  const { request } = process.getBuiltinModule("node:https");
  const { promise, resolve, reject } = Promise.withResolvers<Answer>();
  const headers = { "User-Agent": "berth", ...(body && { "Content-Type": "application/jose+json" }) };
  // Asked for like this because it makes texts of all the authorities that node knows.
  const ca = roots === undefined ? {} : { ca: [...process.getBuiltinModule("node:tls").rootCertificates, roots] };
  const limited = AbortSignal.any([signal, AbortSignal.timeout(longestMs)]);
  const sent = request(url, { method, headers, agent: false, signal: limited, ...ca }, (response) => {
    const { statusCode: status = 0, headers } = response;
    readText(response).then((text) => resolve({ status, headers, text }), reject);
  });
  sent.setTimeout(timeoutMs, () => sent.destroy(new Error(`no answer from ${new URL(url).host}`)));
  sent.on("error", reject);
  sent.end(body === undefined ? undefined : JSON.stringify(body));
  return promise;
}

async function readText(answer: Readable): Promise<string> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of answer) {
    chunks.push(chunk);
    length += chunk.length;
    if (length > longestAnswer) throw new Error(`an answer of more than ${longestAnswer} bytes`);
  }
  return Buffer.concat(chunks).toString("utf8");
}

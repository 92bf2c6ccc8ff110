import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type * as Https from "node:https";
import { pipeline } from "node:stream/promises";
import { Agent as HttpAgent, request as httpRequest } from "./node-http.ts";

export interface DownloadOptions {
  /** `http_proxy`, `https_proxy`, `no_proxy`. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Bundle of certificates to trust instead of Node's own. */
  readonly caFile: string | undefined;
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

/** Gets what is at the address into a file. Gives its SHA-256 in hex. Errors name no address: it may hold a password. */
export async function download(address: string, file: string, options: DownloadOptions): Promise<string> {
  try {
    return await store(await follow(address, options, 5), file, options);
  } catch (error) {
    // A connection that we have ended says of itself only that it has ended.
    options.signal.throwIfAborted();
    throw error;
  }
}

async function store(answer: IncomingMessage, file: string, options: DownloadOptions): Promise<string> {
  const digest = createHash("sha256");
  let size = 0;
  const observe = async function* (source: AsyncIterable<Buffer>) {
    for await (const chunk of source) {
      size += chunk.length;
      if (size > options.maxBytes) throw new Error(`it is larger than ${options.maxBytes} bytes`);
      digest.update(chunk);
      yield chunk;
    }
  };
  await pipeline(answer, observe, createWriteStream(file, { mode: 0o600 }), { signal: options.signal });
  return digest.digest("hex");
}

async function follow(address: string, options: DownloadOptions, redirects: number): Promise<IncomingMessage> {
  const answer = await ask(new URL(address), options);
  const { statusCode = 0, headers } = answer;
  if (statusCode === 200) return answer;
  answer.destroy();
  const moved = statusCode >= 300 && statusCode < 400 && headers.location !== undefined;
  if (!moved) throw new Error(`the server answered ${statusCode}`);
  if (redirects === 0) throw new Error("it is redirected too often");
  const next = URL.parse(headers.location ?? "", address);
  if (next === null || !/^https?:$/.test(next.protocol)) throw new Error("it is redirected to what is no web address");
  if (address.startsWith("https:") && next.protocol === "http:") throw new Error("it is redirected from https to http");
  return follow(next.href, options, redirects - 1);
}

async function ask(url: URL, { proxies, caFile, signal }: DownloadOptions): Promise<IncomingMessage> {
  const secure = url.protocol === "https:";
  const https: typeof Https = process.getBuiltinModule("node:https");
  const proxyEnv = proxies;
  const ca = secure && caFile !== undefined ? { ca: await readFile(caFile) } : {};
  const agent = secure ? new https.Agent({ proxyEnv, ...ca }) : new HttpAgent({ proxyEnv });
  return new Promise((resolve, reject) => {
    const request = secure ? https.request : httpRequest;
    request(url, { agent, signal, timeout: 30_000 })
      .on("timeout", function (this: { destroy(error: Error): void }) {
        this.destroy(new Error("the server does not answer"));
      })
      .on("error", reject)
      .on("response", resolve)
      .end();
  });
}

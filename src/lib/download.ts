import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { readFile } from "node:fs/promises";
import type { IncomingMessage } from "node:http";
import type * as Https from "node:https";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Agent as HttpAgent, request as httpRequest } from "./node-http.ts";

/** Gives the body of what is at the address. */
export type Download = (address: string, signal: AbortSignal) => Promise<Readable>;

export interface DownloadOptions extends ConnectOptions {
  readonly maxBytes: number;
}

export interface ConnectOptions {
  /** `http_proxy`, `https_proxy`, `no_proxy`. */
  readonly proxies: Readonly<Record<string, string>>;
  /** Bundle of certificates to trust instead of Node's own. */
  readonly caFile: string | undefined;
  readonly signal: AbortSignal;
}

/** Gets what is at the address into a file. Gives its SHA-256 in hex. Errors name no address: it may hold a password. */
export async function download(address: string, file: string, options: DownloadOptions): Promise<string> {
  try {
    return await store(await openDownload(address, options), file, options);
  } catch (error) {
    // A connection that we have ended says of itself only that it has ended.
    options.signal.throwIfAborted();
    throw error;
  }
}

async function store(answer: Readable, file: string, options: DownloadOptions): Promise<string> {
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

/** Errors name no address here either. */
export async function openDownload(address: string, options: ConnectOptions): Promise<Readable> {
  if (!/^https?:\/\//.test(address) || !URL.canParse(address)) {
    throw new Error("the address must begin with http:// or https://");
  }
  return await follow(address, options, 5);
}

async function follow(address: string, options: ConnectOptions, redirects: number): Promise<IncomingMessage> {
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

async function ask(url: URL, { proxies, caFile, signal }: ConnectOptions): Promise<IncomingMessage> {
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

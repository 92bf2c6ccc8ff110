import assert from "node:assert/strict";
import { once } from "node:events";
import { type IncomingMessage, request, type ServerResponse } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import { request as secureRequest } from "node:https";
import type { Readable, Writable } from "node:stream";
import { suite, type TestContext, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { freePort } from "../../src/lib/free-port.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { certificateFor, http2Session, secured, tlsEntries } from "./helpers/tls.ts";
import { startWorker } from "./helpers/worker.ts";

const size = 1024 * 1024 + 124;

/** A body that is like no other one: each word of it says whose it is, and where it belongs. */
function bodyOf(number: number): Buffer {
  return Buffer.from(Uint32Array.from({ length: size / 4 }, (_, i) => number * 2 ** 20 + i).buffer);
}

/** In turn: of known length, in chunks, until the connection ends. */
function answer(response: ServerResponse, number: number): void {
  const body = bodyOf(number);
  if (number % 3 === 0) response.setHeader("Content-Length", size);
  if (number % 3 === 2) response.useChunkedEncodingByDefault = false;
  for (let at = 0; at < size; at += 77_777) response.write(body.subarray(at, at + 77_777));
  response.end();
}

/** Reads the upload at a pace of its own, and tells whether it is what its client has. */
async function judge(asked: IncomingMessage, response: ServerResponse, number: number): Promise<void> {
  const parts: Buffer[] = [];
  for await (const part of asked) {
    parts.push(part);
    if (number % 4 === 1) await delay(2);
  }
  response.end(Buffer.concat(parts).equals(bodyOf(number)) ? "equal" : "different");
}

async function begin(t: TestContext) {
  const dyno = await startDyno(t, (asked, response) => {
    const number = Number(asked.url?.slice(1));
    if (asked.method === "GET") answer(response, number);
    else void judge(asked, response, number);
  });
  const certificate = certificateFor("app.test");
  const https = await freePort("127.0.0.1");
  const apps = [secured(routesTo([dyno.target]), [certificate])];
  const worker = await startWorker(t, { apps, entries: [...tlsEntries(), certificate], https });
  return { http: worker.port, https };
}

type Get = (number: number) => Promise<Readable>;

function plain(port: number): Get {
  return async (number) => {
    const sent = request({ port, path: `/${number}`, headers: { host: "app.test" } }).end();
    const [response] = await once(sent, "response");
    return response;
  };
}

function multiplexed(session: ClientHttp2Session): Get {
  return async (number) => {
    const stream = session.request({ ":authority": "app.test", ":path": `/${number}` });
    await once(stream, "response");
    return stream;
  };
}

/** Each client reads at another pace, and some leave in the middle. */
async function check(get: Get, number: number): Promise<void> {
  const body = await get(number);
  const leavesAt = number % 7 === 5 ? size / 2 : Number.POSITIVE_INFINITY;
  const parts: Buffer[] = [];
  let read = 0;
  for await (const part of body) {
    parts.push(part);
    read += part.length;
    if (number % 4 === 1) await delay(2);
    if (read > leavesAt) return;
  }
  assert.ok(Buffer.concat(parts).equals(bodyOf(number)), `body ${number} is not what the dyno sent`);
}

async function checkMany(count: number, checkOne: (number: number) => Promise<void>): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < count) await checkOne(next++);
  };
  await Promise.all(Array.from({ length: 12 }, client));
}

suite("large answers at the same time, to clients at different paces of which some leave, are each one's own", () => {
  test("on plain connections", async (t) => {
    const { http } = await begin(t);
    const get = plain(http);
    await checkMany(90, (number) => check(get, number));
  });

  test("in streams of one connection", async (t) => {
    const { https } = await begin(t);
    const get = multiplexed(await http2Session(t, https));
    await checkMany(90, (number) => check(get, number));
  });
});

type Put = (number: number) => Promise<string>;

/** Some say how much comes, some do not, and not all write it in one piece. */
function plainly(port: number, encrypted: boolean): Put {
  return async (number) => {
    const headers = { host: "app.test", ...(number % 3 === 0 && { "content-length": size }) };
    const options = { port, path: `/${number}`, method: "PUT", headers, rejectUnauthorized: false };
    const sent = encrypted ? secureRequest(options) : request(options);
    writeTo(sent, number);
    const [response] = await once(sent, "response");
    return (await response.toArray()).join("");
  };
}

function inStreams(session: ClientHttp2Session): Put {
  return async (number) => {
    const stream = session.request({ ":method": "PUT", ":authority": "app.test", ":path": `/${number}` });
    writeTo(stream, number);
    return (await stream.setEncoding("utf8").toArray()).join("");
  };
}

function writeTo(sent: Writable, number: number): void {
  const body = bodyOf(number);
  const step = number % 2 === 0 ? size : 77_777;
  for (let at = 0; at < size; at += step) sent.write(body.subarray(at, at + step));
  sent.end();
}

suite("large uploads at the same time, to a dyno that reads at different paces, arrive as they were sent", () => {
  async function putMany(put: Put): Promise<void> {
    await checkMany(40, async (number) => assert.equal(await put(number), "equal", `upload ${number}`));
  }

  test("on plain and on encrypted connections", async (t) => {
    const { http, https } = await begin(t);
    await Promise.all([putMany(plainly(http, false)), putMany(plainly(https, true))]);
  });

  test("in streams of one connection", async (t) => {
    const { https } = await begin(t);
    await putMany(inStreams(await http2Session(t, https)));
  });
});

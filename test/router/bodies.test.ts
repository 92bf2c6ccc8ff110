import assert from "node:assert/strict";
import { once } from "node:events";
import { request, type ServerResponse } from "node:http";
import type { ClientHttp2Session } from "node:http2";
import type { Readable } from "node:stream";
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

async function begin(t: TestContext) {
  const dyno = await startDyno(t, (asked, response) => answer(response, Number(asked.url?.slice(1))));
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

async function checkMany(get: Get): Promise<void> {
  let next = 0;
  const client = async () => {
    while (next < 90) await check(get, next++);
  };
  await Promise.all(Array.from({ length: 12 }, client));
}

suite("large answers at the same time, to clients at different paces of which some leave, are each one's own", () => {
  test("on plain connections", async (t) => {
    const { http } = await begin(t);
    await checkMany(plain(http));
  });

  test("in streams of one connection", async (t) => {
    const { https } = await begin(t);
    await checkMany(multiplexed(await http2Session(t, https)));
  });
});

import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect as connectHttp2 } from "node:http2";
import { connect, type Socket } from "node:net";
import { suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { type Answer, ask } from "./helpers/client.ts";
import { routesTo, startRawDyno } from "./helpers/dyno.ts";
import { askHttp2, tlsEntries } from "./helpers/tls.ts";
import { startWorker, type TestWorker } from "./helpers/worker.ts";

const openFiles = 96;
const said = "out of file descriptors, refusing requests";

/** Opens connections that say nothing until a request is refused. Returns them and its answer. */
async function fill(t: CleanUp, worker: TestWorker): Promise<{ silent: Socket[]; refused: Answer }> {
  const silent: Socket[] = [];
  cleanUp(t, () => {
    for (const socket of silent) socket.destroy();
  });
  for (;;) {
    const answer = await ask(worker.port);
    if (answer.status !== 200) return { silent, refused: answer };
    assert.ok(silent.length < openFiles);
    const socket = connect(worker.port, "127.0.0.1").on("error", () => undefined);
    silent.push(socket);
    await once(socket, "connect");
  }
}

suite("a worker that runs out of file descriptors", () => {
  test("says so to clients over HTTP/1.1 and HTTP/2, and in its log, and recovers", async (t) => {
    const { target } = await startRawDyno(t, (socket) => {
      socket.on("data", () => socket.write("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"));
    });
    const https = await freePort("127.0.0.1");
    const apps = [routesTo([target])];
    const worker = await startWorker(t, { apps, entries: tlsEntries(), https, openFiles });
    const { silent, refused } = await fill(t, worker);
    assert.deepEqual(
      [refused.status, refused.headers["berth-error"], refused.headers.connection, refused.headers["retry-after"]],
      [503, "no-descriptors", "close", "1"],
    );
    const session: ClientHttp2Session = connectHttp2(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    cleanUp(t, () => session.destroy());
    const secure = await askHttp2(session);
    assert.deepEqual([secure.headers[":status"], secure.headers["berth-error"]], [503, "no-descriptors"]);
    await worker.said(said);
    assert.equal(worker.log.find(({ msg }) => msg === said)?.limit, openFiles);
    // Even those that ask for nothing get an answer before the last descriptor is gone.
    const more = Array.from({ length: openFiles }, () => connect(worker.port, "127.0.0.1"));
    silent.push(...more);
    const answers = await Promise.all(more.slice(0, 4).concat(more.slice(-4)).map(firstBytes));
    assert.ok(answers.some((text) => /^HTTP\/1.1 503 [\s\S]*Berth-Error: no-descriptors/.test(text)));
    for (const socket of silent) socket.destroy();
    while ((await worker.descriptors()) > openFiles / 2) await new Promise((resolve) => setTimeout(resolve, 20));
    assert.equal((await ask(worker.port)).status, 200);
  });

  test("does not blame the app for connections to it that cannot be opened", async (t) => {
    const { target } = await startRawDyno(t, (socket) => socket.resume());
    const https = await freePort("127.0.0.1");
    const apps = [routesTo([target])];
    const worker = await startWorker(t, {
      apps,
      entries: tlsEntries(),
      https,
      openFiles,
      limits: { firstByteMs: 2_000 },
    });
    // All of one client connection; each takes one to the dyno.
    const session = connectHttp2(`https://127.0.0.1:${https}`, { rejectUnauthorized: false });
    cleanUp(t, () => session.destroy());
    const asked = Array.from({ length: openFiles }, () => askHttp2(session));
    await Promise.race(asked);
    // Other clients are refused with words, too.
    const other = await ask(worker.port);
    assert.deepEqual([other.status, other.headers["berth-error"]], [503, "no-descriptors"]);
    const answers = await Promise.all(asked);
    const codes = new Set(answers.map(({ headers }) => headers["berth-error"]));
    assert.deepEqual(codes, new Set(["H12", "no-descriptors"]));
    await worker.said(said);
    assert.match(JSON.stringify(worker.log.find(({ msg }) => msg === said)), /"code":"EMFILE"/);
  });
});

/** Or what else becomes of the connection. */
function firstBytes(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (data) => resolve(String(data)));
    socket.once("error", (error) => resolve(error.message));
    socket.once("close", () => resolve(""));
    setTimeout(() => resolve("silence"), 2_000).unref();
  });
}

import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { errorCode, frame, frameFlag, frameType, uint32 } from "../../src/router/http2/frames.ts";
import { encodeFields } from "../../src/router/http2/hpack/encoder.ts";
import type { CleanUp } from "./helpers/clean-up.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { FrameClient, get, post } from "./helpers/frames.ts";
import { tlsEntries } from "./helpers/tls.ts";
import { startWorker, type TestWorker } from "./helpers/worker.ts";

const { endStream } = frameFlag;
const { protocolError, enhanceYourCalm, noError, refusedStream } = errorCode;

suite("HTTP/2, frame by frame", () => {
  let port = 0;
  let worker: TestWorker;
  const seen: string[] = [];
  let release: (() => void)[] = [];
  let clear: () => unknown = () => undefined;

  before(async () => {
    const t: CleanUp = {
      after: (work) => {
        clear = work as () => unknown;
      },
    };
    const dyno = await startDyno(t, (request, response) => {
      seen.push(`${request.method} ${request.url}`);
      if (request.url === "/early") response.writeHead(403).end("early");
      else if (request.url === "/held") release.push(() => response.end("held"));
      if (request.url !== "/") return;
      let length = 0;
      request.on("data", (chunk: Buffer) => {
        length += chunk.length;
      });
      request.on("error", () => undefined);
      request.on("end", () => response.end(`${length}`));
    });
    dyno.server.on("connection", (socket) => socket.on("error", () => undefined));
    port = await freePort("127.0.0.1");
    worker = await startWorker(t, { https: port, entries: tlsEntries(), apps: [routesTo([dyno.target])] });
  });

  after(() => clear());

  /** A client with a request that waits beside what the test does, and what shows that it was left alone. */
  async function withNeighbour(t: CleanUp): Promise<{ client: FrameClient; isWell(): Promise<void> }> {
    release = [];
    const client = await FrameClient.connect(t, port);
    client.head(1, [...get.slice(0, -1), "/held"], endStream);
    while (release.length === 0) await new Promise((resolve) => setTimeout(resolve, 5));
    const isWell = async () => {
      for (const each of release) each();
      assert.equal(String((await client.got(frameType.data, 1))?.payload), "held");
    };
    return { client, isWell };
  }

  for (const [what, length, pieces] of [
    ["more than the body has", "10", ["hello"]],
    ["less than the body has", "3", ["hello"]],
    ["less than the sum of its pieces", "7", ["hello", "hello"]],
    ["something where there is no body", "1", [""]],
  ] as const) {
    test(`resets a stream whose Content-Length says ${what}, and no other`, async (t) => {
      const { client, isWell } = await withNeighbour(t);
      client.head(3, [...post, "content-length", length]);
      for (const [index, piece] of pieces.entries()) client.data(3, piece, index === pieces.length - 1 ? endStream : 0);
      assert.equal(await client.errorOf(3), protocolError);
      await isWell();
      assert.equal(
        client.seen.some(({ type }) => type === frameType.goaway),
        false,
      );
    });
  }

  for (const [what, fields] of [
    ["a name with a space", [...get, "x bad", "1"]],
    ["a name in upper case", undefined],
    ["a name with a colon inside", [...get, "x:bad", "1"]],
    ["an empty name", [...get, "", "1"]],
    ["a value that begins with a space", [...get, "x-bad", " 1"]],
    ["a value that ends with a tab", [...get, "x-bad", "1\t"]],
    ["a field of connections", undefined],
    ["TE with more than trailers", [...get, "te", "gzip"]],
    ["an unknown pseudo-header", [":what", "1", ...get]],
    ["a pseudo-header after the others", [...get.slice(2), "x-own", "1", ":method", "GET"]],
    ["a pseudo-header twice", [":path", "/a", ...get]],
    ["an empty path", [...get.slice(0, -1), ""]],
    ["a path with a space", [...get.slice(0, -1), "/a b"]],
    ["a method that is no token", [":method", "GE T", ...get.slice(2)]],
    ["no scheme", [":method", "GET", ...get.slice(4)]],
    ["two lengths", [...post, "content-length", "1", "content-length", "2"]],
    ["a length that is no number", [...post, "content-length", "+1"]],
  ] as const) {
    test(`resets a stream with ${what}, and no other`, async (t) => {
      const { client, isWell } = await withNeighbour(t);
      const before = seen.length;
      // What our own encoder would mend or leave out is written by hand.
      const literal = (name: string, value: string) => `\0${String.fromCharCode(name.length)}${name}\x01${value}`;
      const block =
        fields !== undefined
          ? encodeFields(fields)
          : encodeFields(get) + (what.includes("upper") ? literal("X-Bad", "1") : literal("upgrade", "h"));
      client.send(frame(frameType.headers, frameFlag.endHeaders | endStream, 3, block));
      assert.equal(await client.errorOf(3), protocolError);
      await isWell();
      assert.equal(seen.length, before);
    });
  }

  for (const bad of ["\0", "\r", "\n"]) {
    test(`resets a stream with ${JSON.stringify(bad)} in a value`, async (t) => {
      const client = await FrameClient.connect(t, port);
      const block = `${encodeFields(get)}\0\x05x-bad\x03a${bad}b`;
      client.send(frame(frameType.headers, frameFlag.endHeaders | endStream, 1, block));
      assert.equal(await client.errorOf(1), protocolError);
    });
  }

  test("resets a stream whose trailers are malformed", async (t) => {
    const { client, isWell } = await withNeighbour(t);
    client.head(3, post);
    client.data(3, "hello");
    client.head(3, [":path", "/"], endStream);
    assert.equal(await client.errorOf(3), protocolError);
    await isWell();
  });

  test("ends an early answer before it stops the upload", async (t) => {
    const client = await FrameClient.connect(t, port);
    client.head(1, [...post.slice(0, -1), "/early"]);
    client.data(1, "x".repeat(10_000));
    assert.equal(await client.errorOf(1), noError);
    const ended = client.seen.findIndex(
      ({ stream, flags, type }) => stream === 1 && type === frameType.data && flags === 1,
    );
    const reset = client.seen.findIndex(({ type }) => type === frameType.rstStream);
    assert.ok(ended >= 0 && ended < reset);
    // What was under way is no mistake.
    client.data(1, "more");
    client.head(3, get, endStream);
    assert.equal(String((await client.got(frameType.data, 3))?.payload), "0");
  });

  test("answers 431 to a head that is too long, and goes on", async (t) => {
    const client = await FrameClient.connect(t, port);
    client.head(1, [...get, "x-long", "x".repeat(9_000)], endStream);
    assert.equal((await client.got(frameType.headers, 1))?.fields[1], "431");
    // One field that is remembered, and then named 8,000 times in a few bytes.
    const bomb = `${encodeFields(get)}\x40\x05x-own\x7f\xa1\x0f${"x".repeat(2_000 + 80)}${"\xbe".repeat(8_000)}`;
    client.send(frame(frameType.headers, frameFlag.endHeaders | endStream, 3, bomb));
    assert.equal((await client.got(frameType.headers, 3))?.fields[1], "431");
    client.head(5, get, endStream);
    assert.equal(String((await client.got(frameType.data, 5))?.payload), "0");
  });

  test("refuses more streams than it takes, and goes on with those", async (t) => {
    release = [];
    const client = await FrameClient.connect(t, port);
    for (let stream = 1; stream <= 501; stream += 2) client.head(stream, [...get.slice(0, -1), "/held"], endStream);
    assert.equal(await client.errorOf(501), refusedStream);
    while (release.length < 250) await new Promise((resolve) => setTimeout(resolve, 5));
    for (const each of release) each();
    assert.equal(String((await client.got(frameType.data, 499))?.payload), "held");
  });

  for (const [what, flood] of [
    ["resets its requests", (n: number) => frame(1, 5, n, encodeFields(get)) + frame(3, 0, n, uint32(8))],
    ["sends malformed requests", (n: number) => frame(1, 5, n, encodeFields(get.slice(2)))],
    ["sends pings", () => frame(6, 0, 0, "12345678")],
    ["sends settings", () => frame(4, 0, 0, "")],
    ["sends priorities", (n: number) => frame(2, 0, n, "\0\0\0\0\x01")],
    ["sends frames of unknown types", () => frame(99, 0, 0, "")],
    ["sends empty data", (n: number) => (n === 1 ? frame(1, 4, 1, encodeFields(post)) : "") + frame(0, 0, 1, "")],
    ["never ends a head", (n: number) => (n === 1 ? frame(1, 1, 1, "") : frame(9, 0, 1, ""))],
  ] as const) {
    test(`ends the connection of a client that ${what} without end`, { timeout: 60_000 }, async (t) => {
      const client = await FrameClient.connect(t, port);
      for (let n = 1; !client.closed && n < 400_000; ) {
        let text = "";
        for (const batch = n + 400; n < batch; n += 2) text += flood(n);
        await client.sendAll(text);
      }
      assert.ok([enhanceYourCalm, undefined].includes((await client.errorOf(0)) as never));
      assert.equal(client.closed || (await client.errorOf(0)) === enhanceYourCalm, true);
      const other = await FrameClient.connect(t, port);
      other.head(1, get, endStream);
      assert.equal(String((await other.got(frameType.data, 1))?.payload), "0");
    });
  }

  test("holds back what a client does not read", { timeout: 60_000 }, async (t) => {
    const client = await FrameClient.connect(t, port);
    const before = await worker.memory();
    // No window for bodies, and a thousand answers that have one.
    client.send(frame(frameType.settings, 0, 0, `\0\x04${uint32(0)}`));
    for (let stream = 1; stream < 500; stream += 2) client.head(stream, get, endStream);
    await client.got(frameType.headers, 499);
    assert.equal(
      client.seen.some(({ type }) => type === frameType.data),
      false,
    );
    assert.ok((await worker.memory()) - before < 20 * 1024 * 1024);
    client.send(frame(frameType.settings, 0, 0, `\0\x04${uint32(65_535)}`));
    assert.equal(String((await client.got(frameType.data, 499))?.payload), "0");
  });

  test("answers requests that were on their way when the worker retires", async (t) => {
    const dyno = await startDyno(t, (_request, response) => response.end("late"));
    const https = await freePort("127.0.0.1");
    const retiring = await startWorker(t, { https, entries: tlsEntries(), apps: [routesTo([dyno.target])] });
    const client = await FrameClient.connect(t, https);
    client.head(1, get, endStream);
    assert.equal(String((await client.got(frameType.data, 1))?.payload), "late");
    retiring.child.kill("SIGTERM");
    const ping = await client.got(frameType.ping, 0);
    const lastIds = () =>
      client.seen.filter(({ type }) => type === frameType.goaway).map((each) => each.payload.readUInt32BE(0));
    assert.deepEqual(lastIds(), [2 ** 31 - 1]);
    client.head(3, get, endStream);
    client.send(frame(frameType.ping, frameFlag.ack, 0, String(ping?.payload.toString("latin1"))));
    assert.equal(String((await client.got(frameType.data, 3))?.payload), "late");
    while (!client.closed) await new Promise((resolve) => setTimeout(resolve, 5));
    assert.deepEqual(lastIds(), [2 ** 31 - 1, 3]);
  });
});

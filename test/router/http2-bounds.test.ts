import assert from "node:assert/strict";
import { once } from "node:events";
import { after, before, suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { errorCode, frame, frameFlag, frameType, headerFrames, uint32 } from "../../src/router/http2/frames.ts";
import { encodeFields } from "../../src/router/http2/hpack/encoder.ts";
import { Http2Request } from "../../src/router/http2/request.ts";
import type { StreamSocket } from "../../src/router/http2/stream-socket.ts";
import type { CleanUp } from "./helpers/clean-up.ts";
import { routesTo, startRawDyno } from "./helpers/dyno.ts";
import { FrameClient, get, post } from "./helpers/frames.ts";
import { tlsEntries } from "./helpers/tls.ts";
import { startWorker } from "./helpers/worker.ts";

const { endStream } = frameFlag;
const held = [...get.slice(0, -1), "/held"];

suite("HTTP/2, what a client may keep or pass on", () => {
  let port = 0;
  let clear: () => unknown = () => undefined;
  const seen: string[] = [];

  before(async () => {
    const t: CleanUp = {
      after: (work) => {
        clear = work as () => unknown;
      },
    };
    const dyno = await startRawDyno(t, (socket) => {
      socket.on("data", (chunk: Buffer) => {
        const line = /^\w+ \/\S* HTTP/.exec(chunk.toString("latin1"))?.[0];
        if (line === undefined) return;
        seen.push(line);
        if (!line.includes("/held")) socket.write("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole");
      });
    });
    port = await freePort("127.0.0.1");
    const limits = { clientKeepAliveMs: 500, clientHeadMs: 500 };
    await startWorker(t, { https: port, entries: tlsEntries(), apps: [routesTo([dyno.target])], limits });
  });

  after(() => clear());

  test("refuses CONNECT and a target with a host of its own", async (t) => {
    const client = await FrameClient.connect(t, port);
    client.head(1, [":method", "CONNECT", ":authority", "http://app.test/tunnel"], endStream);
    assert.equal((await client.got(frameType.headers, 1))?.fields[1], "405");
    client.head(3, [...get.slice(0, -1), "http://app.test/absolute"], endStream);
    assert.equal((await client.got(frameType.headers, 3))?.fields[1], "400");
    assert.deepEqual(seen, []);
  });

  test("passes no field on whose name was malformed when it was remembered", async (t) => {
    const client = await FrameClient.connect(t, port);
    const name = "x: 1\r\nx-injected";
    const literal = `\x40${String.fromCharCode(name.length)}${name}\x011`;
    client.send(frame(1, frameFlag.endHeaders | endStream, 1, encodeFields(get) + literal));
    assert.equal(await client.errorOf(1), errorCode.protocolError);
    client.send(frame(1, frameFlag.endHeaders | endStream, 3, `${encodeFields(get)}\x7e\x012`));
    assert.equal(await client.errorOf(3), errorCode.protocolError);
    client.send(frame(1, frameFlag.endHeaders | endStream, 5, `${encodeFields(get)}\xbe`));
    assert.equal(await client.errorOf(5), errorCode.protocolError);
  });

  test("resets a stream whose trailers are too long", async (t) => {
    const client = await FrameClient.connect(t, port);
    client.head(1, [...post.slice(0, -1), "/held"]);
    const bomb = `\x40\x05x-own\x7f\xa1\x0f${"x".repeat(2_000 + 80)}${"\xbe".repeat(8_000)}`;
    client.send(frame(1, frameFlag.endHeaders | endStream, 1, bomb));
    assert.equal(await client.errorOf(1), errorCode.protocolError);
  });

  test("ends a connection with a GOAWAY that is too short", async (t) => {
    const client = await FrameClient.connect(t, port);
    client.send(frame(frameType.goaway, 0, 0, "\0\0\0\0"));
    assert.equal(await client.errorOf(0), errorCode.frameSizeError);
  });

  test("keeps no more than 4 MB of heads for a client", { timeout: 30_000 }, async (t) => {
    const client = await FrameClient.connect(t, port);
    const large = Array.from({ length: 30 }, (_, i) => [`x-${i}`, "v".repeat(8_000)]).flat();
    const block = encodeFields([...held, ...large]);
    for (let stream = 1; stream < 80; stream += 2) await client.sendAll(headerFrames(stream, block, true));
    assert.equal(await client.errorOf(79), errorCode.refusedStream);
    client.send(frame(frameType.rstStream, 0, 1, uint32(8)), frame(frameType.rstStream, 0, 3, uint32(8)));
    client.head(81, get, endStream);
    assert.equal(String((await client.got(frameType.data, 81))?.payload), "whole");
  });

  test("resets a stream whose answer the client does not take, though it sends pings", {
    timeout: 30_000,
  }, async (t) => {
    const client = await FrameClient.connect(t, port);
    client.send(frame(frameType.settings, 0, 0, `\0\x04${uint32(0)}`));
    client.head(1, get, endStream);
    const pings = setInterval(() => client.send(frame(frameType.ping, 0, 0, "12345678")), 50);
    assert.equal(await client.errorOf(1), errorCode.cancel);
    clearInterval(pings);
  });

  test("closes a connection on which a frame comes byte by byte", { timeout: 30_000 }, async (t) => {
    const client = await FrameClient.connect(t, port);
    client.send(frame(frameType.headers, frameFlag.endHeaders, 1, "x".repeat(16_000)).slice(0, 20));
    while (!client.closed) {
      client.send("x");
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
});

suite("body of an HTTP/2 request", () => {
  const socket = {} as StreamSocket;
  const head = { method: "POST", url: "/", rawHeaders: [], contentLength: undefined };

  test("is kept in few pieces until it is read, and in order", async () => {
    let read = 0;
    const request: Http2Request = new Http2Request({ socket, onRead: () => read++ }, head, true);
    const all = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i));
    for (let at = 0; at < 50_000; at++) request.receive(all.subarray(at, at + 1));
    request.receive(all.subarray(50_000, 70_000));
    for (let at = 70_000; at < all.length; at++) request.receive(all.subarray(at, at + 1));
    assert.equal(request.waiting, all.length);
    request.flush();
    request.finish(["x-sum", "1"]);
    const pieces: Buffer[] = [];
    request.on("data", (piece: Buffer) => pieces.push(piece));
    await once(request, "end");
    assert.ok(Buffer.concat(pieces).equals(all));
    assert.ok(pieces.length < 10, `${pieces.length} pieces`);
    assert.equal(request.waiting, 0);
    assert.ok(read > 0);
  });

  test("is forgotten when nobody wants it any more", () => {
    const request: Http2Request = new Http2Request({ socket, onRead: () => undefined }, head, true);
    request.receive(Buffer.alloc(20_000));
    request.receive(Buffer.alloc(20_000));
    assert.equal(request.waiting, 20_000);
    request.abort();
    assert.equal(request.waiting, 0);
  });
});

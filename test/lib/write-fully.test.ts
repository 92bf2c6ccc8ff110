import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { suite, test } from "node:test";
import { writeFully } from "../../src/lib/write-fully.ts";

suite("writeFully", () => {
  test("waits until the other side takes more", async () => {
    const stream = new PassThrough({ highWaterMark: 4 });
    let written = false;
    const writing = writeFully(stream, "more than four").then((open) => {
      written = true;
      return open;
    });
    await new Promise(setImmediate);
    assert.equal(written, false);
    stream.resume();
    assert.equal(await writing, true);
    assert.equal(stream.listenerCount("drain"), 0);
  });

  test("is false for a stream that was closed, before or while it waits", async () => {
    const stream = new Writable({ highWaterMark: 1, write: () => {} });
    stream.on("error", () => {});
    const writing = writeFully(stream, "never taken");
    stream.destroy();
    assert.equal(await writing, false);
    assert.equal(await writeFully(stream, "x"), false);
  });

  test("is false after an error of the stream", async () => {
    const stream = new Writable({
      highWaterMark: 1,
      write: (_chunk, _encoding, done) => done(new Error("broken pipe")),
    });
    stream.on("error", () => {});
    assert.equal(await writeFully(stream, "text"), false);
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { LineAssembler } from "../../../src/schedulers/docker-local/logs.ts";

const time = "2026-11-21T07:48:13.623000000Z";

suite("Log messages into lines", () => {
  test("a message is a line", () => {
    const lines = new LineAssembler("stderr");
    assert.deepEqual(lines.push(Buffer.from(`${time} hello there\r\n`), true), {
      time,
      stream: "stderr",
      text: "hello there",
    });
    assert.deepEqual(lines.push(Buffer.from(`${time} \n`), true), { time, stream: "stderr", text: "" });
  });

  test("a message may come in pieces, and characters be cut in the middle", () => {
    const lines = new LineAssembler("stdout");
    const bytes = Buffer.from(`${time} Grüße 🚢\n`);
    for (let at = 0; at < bytes.length - 1; at++)
      assert.equal(lines.push(bytes.subarray(at, at + 1), false), undefined);
    assert.equal(lines.push(bytes.subarray(-1), true)?.text, "Grüße 🚢");
  });

  test("a long line comes in several messages, each with its time", () => {
    const lines = new LineAssembler("stdout");
    assert.equal(lines.push(Buffer.from(`${time} one `), true), undefined);
    assert.equal(lines.push(Buffer.from(`2027-01-01T00:00:00.000000000Z two `), true), undefined);
    const line = lines.push(Buffer.from(`2027-01-01T00:00:00.000000000Z three\n`), true);
    assert.deepEqual(line, { time, stream: "stdout", text: "one two three" });
  });

  test("a line without an end is kept for the end, or cut when it grows too long", () => {
    const lines = new LineAssembler("stdout");
    assert.equal(lines.push(Buffer.from(`${time} no end`), true), undefined);
    assert.equal(lines.flush()?.text, "no end");
    assert.equal(lines.flush(), undefined);
    const long = "x".repeat(1024 * 1024);
    assert.equal(lines.push(Buffer.from(`${time} ${long}`), true)?.text, long);
  });
});

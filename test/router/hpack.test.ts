import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { CompressionError, HpackDecoder } from "../../src/router/http2/hpack/decoder.ts";
import { encodeFields, encodeStatus } from "../../src/router/http2/hpack/encoder.ts";
import { staticTable } from "../../src/router/http2/hpack/static-table.ts";

const bytes = (hex: string) => Buffer.from(hex.replaceAll(" ", ""), "hex");
const decoder = (limit = 100_000) => new HpackDecoder(limit);

suite("HPACK", () => {
  test("decodes the requests of RFC 7541, C.4, with Huffman codes and a table", () => {
    const hpack = decoder();
    const first = [":method", "GET", ":scheme", "http", ":path", "/", ":authority", "www.example.com"];
    assert.deepEqual(hpack.decode(bytes("8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff")).fields, first);
    assert.deepEqual(hpack.decode(bytes("8286 84be 5886 a8eb 1064 9cbf")).fields, [
      ...first,
      "cache-control",
      "no-cache",
    ]);
    const third = hpack.decode(bytes("8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf"));
    assert.deepEqual(third.fields.slice(2), [
      ...[":scheme", "https", ":path", "/index.html", ":authority", "www.example.com", "custom-key", "custom-value"],
    ]);
  });

  test("decodes every byte that Huffman codes can stand for", () => {
    // 0x00 (13 bits), 0xff (26 bits) and 0xf9 (28 bits), filled up with ones.
    const code = `${(0x1ff8).toString(2)}${(0x3ffffee).toString(2)}${(0xffffffe).toString(2)}`.padEnd(72, "1");
    const text = (code.match(/.{8}/g) ?? []).map((byte) => String.fromCharCode(Number.parseInt(byte, 2))).join("");
    const section = decoder().decode(Buffer.from(`\0\x01a${String.fromCharCode(0x80 + text.length)}${text}`, "latin1"));
    assert.deepEqual(section.fields, ["a", "\0\xff\xf9"]);
    assert.equal(section.isBad, true);
  });

  test("reads what its own encoder writes", () => {
    const fields = staticTable
      .flatMap(([name]) => [name, `value of ${name}`])
      .filter((_, i, all) => {
        return !["connection", "transfer-encoding"].includes(all[i - (i % 2)] as string);
      });
    const long = ["x-own", "é".repeat(300), "x-long", "y".repeat(40_000)];
    const block = encodeStatus(200) + encodeStatus(418) + encodeFields([...fields, ...long]);
    assert.deepEqual(decoder().decode(Buffer.from(block, "latin1")).fields, [
      ":status",
      "200",
      ":status",
      "418",
      ...fields,
      ...long,
    ]);
  });

  test("leaves out what HTTP/2 does not have, and lowers names", () => {
    const block = encodeFields(["Connection", "close", "Keep-Alive", "timeout=5", "Content-Type", "text/plain"]);
    assert.deepEqual(decoder().decode(Buffer.from(block, "latin1")).fields, ["content-type", "text/plain"]);
  });

  for (const value of ["a\r\nb: c", "a\0", "Ā"]) {
    test(`refuses to write ${JSON.stringify(value)}`, () => {
      assert.throws(() => encodeFields(["x-own", value]), /cannot be in a header field/);
    });
  }

  test("forgets the oldest entries when its table is full, and all when it is told to", () => {
    const hpack = decoder();
    for (let i = 0; i < 2_000; i++) {
      hpack.decode(Buffer.from(`\x40\x05x-own\x04${String(i).padStart(4, "0")}`, "latin1"));
    }
    assert.deepEqual(hpack.decode(bytes("be")).fields, ["x-own", "1999"]);
    // 4,096 bytes have room for 99 entries of 41.
    assert.deepEqual(hpack.decode(Buffer.from([0xff, 61 + 99 - 127])).fields, ["x-own", "1901"]);
    assert.throws(() => hpack.decode(Buffer.from([0xff, 61 + 100 - 127])), CompressionError);
    assert.deepEqual(hpack.decode(bytes("20")).fields, []);
    assert.throws(() => hpack.decode(bytes("be")), CompressionError);
  });

  for (const [what, hex] of [
    ["an index of 0", "80"],
    ["an index that nothing has", "be"],
    ["a table that is too large", "3fe2 1f"],
    ["a table size after a field", "82 20"],
    ["a number without an end", "ff80 8080 8080 8080"],
    ["a number that is cut off", "ff"],
    ["a text that is cut off", "0005 6162"],
    ["no text", "00"],
    ["padding of a whole byte", "0001 61 82 1fff"],
    ["padding of zeros", "0001 61 81 18"],
    ["the end of text as a code", "0001 61 84 ffff ffff"],
  ] as const) {
    test(`fails for ${what}`, () => assert.throws(() => decoder().decode(bytes(hex)), CompressionError));
  }

  for (const [what, name] of [
    ["a line break", "x: 1\r\ntransfer-encoding: chunked\r\nx-own"],
    ["a capital", "X-Own"],
    ["a space", "x own"],
  ] as const) {
    test(`remembers that a name has ${what} when a later field uses the name`, () => {
      const hpack = decoder();
      const literal = `\x40${String.fromCharCode(name.length)}${name}\x01a`;
      assert.equal(hpack.decode(Buffer.from(literal, "latin1")).isBad, true);
      const [later, byItself] = ["\x7e\x01b", "\xbe"].map((block) => hpack.decode(Buffer.from(block, "latin1")));
      assert.deepEqual([later?.fields, later?.isBad], [[name, "b"], true]);
      assert.equal(byItself?.isBad, true);
    });
  }

  for (const code of [1, 8, 11, 12, 28, 31, 127]) {
    test(`finds the control character ${code} in a value`, () => {
      const literal = `\0\x05x-own\x03a${String.fromCharCode(code)}b`;
      assert.equal(decoder().decode(Buffer.from(literal, "latin1")).isBad, true);
    });
  }

  test("keeps no entry that is larger than the table", () => {
    setFlagsFromString("--expose-gc");
    const gc = runInNewContext("gc") as () => void;
    const hpack = decoder();
    const value = `\x7f\xc1\x99\x0c${"x".repeat(200_000)}`;
    gc();
    const before = process.memoryUsage().heapUsed;
    for (let i = 0; i < 200; i++) hpack.decode(Buffer.from(`\x40\x05x-own${value}`, "latin1"));
    gc();
    assert.ok(process.memoryUsage().heapUsed - before < 10_000_000);
    assert.deepEqual(hpack.decode(bytes("82")).fields, [":method", "GET"]);
  });

  test("counts what a section takes, and keeps no more than the limit", () => {
    const hpack = decoder(1_000);
    const section = hpack.decode(Buffer.from(`\x40\x05x-own\x04abcd${"\xbe".repeat(100)}`, "latin1"));
    assert.equal(section.isTooLong, true);
    assert.equal(section.fields.length, 2 * Math.floor(1_000 / 41));
  });
});

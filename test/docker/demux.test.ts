import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { demultiplex, type Piece } from "../../src/docker/demux.ts";

function frame(type: number, text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = type;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

async function* chunked(bytes: Buffer, size: number): AsyncGenerator<Buffer> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

async function pieces(bytes: Buffer, size = bytes.length): Promise<Piece[]> {
  return await Array.fromAsync(demultiplex(chunked(bytes, size)));
}

function text(all: readonly Piece[], stream: Piece["stream"]): string {
  return Buffer.concat(all.filter((piece) => piece.stream === stream).map(({ data }) => data)).toString();
}

suite("Multiplexed stream of the engine", () => {
  const bytes = Buffer.concat([
    frame(1, "out 1\n"),
    frame(2, "err 1\n"),
    frame(1, ""),
    frame(1, "out 2\n"),
    frame(3, "bad\n"),
  ]);

  test("outputs are told apart however the bytes are cut", async () => {
    for (let size = 1; size <= bytes.length; size++) {
      const all = await pieces(bytes, size);
      assert.equal(text(all, "stdout"), "out 1\nout 2\n");
      assert.equal(text(all, "stderr"), "err 1\nbad\n");
      assert.equal(all.filter(({ ends }) => ends).length, 5, `frames are kept, cut at ${size}`);
    }
  });

  test("the beginning of a frame is there before its end", async () => {
    const [first] = await pieces(frame(1, "only a part").subarray(0, 12));
    assert.deepEqual([first?.data.toString(), first?.ends], ["only", false]);
  });

  test("what is not multiplexed is an error, not output", async () => {
    await assert.rejects(pieces(Buffer.from("plain text of a terminal")), /not multiplexed/);
  });

  test("nothing is nothing", async () => {
    assert.deepEqual(await pieces(Buffer.alloc(0), 1), []);
  });
});

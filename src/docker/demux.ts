/** A piece of one of the two outputs of a process without a terminal. */
export interface Piece {
  readonly stream: "stdout" | "stderr";
  readonly data: Buffer;
  /** The frame that the engine sent (for logs: one message) ends with this piece. */
  readonly ends: boolean;
}

const headerSize = 8;

/**
 * Takes apart what the engine multiplexes (Engine API, "Stream format": one byte of type, three of zero, four of length,
 * then the bytes). Pieces come as they arrive, uncopied. An end in the middle of a frame is the end.
 */
export async function* demultiplex(source: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  let header = Buffer.alloc(0);
  let stream: Piece["stream"] = "stdout";
  let missing = 0;
  for await (const chunk of source) {
    let rest = chunk;
    while (rest.length > 0) {
      if (missing === 0) {
        const wanted = headerSize - header.length;
        header = Buffer.concat([header, rest.subarray(0, wanted)]);
        rest = rest.subarray(wanted);
        if (header.length < headerSize) break;
        stream = streamOf(header);
        missing = header.readUInt32BE(4);
        header = Buffer.alloc(0);
        if (missing === 0) yield { stream, data: Buffer.alloc(0), ends: true };
        continue;
      }
      const data = rest.subarray(0, missing);
      rest = rest.subarray(data.length);
      missing -= data.length;
      yield { stream, data, ends: missing === 0 };
    }
  }
}

function streamOf(header: Buffer): Piece["stream"] {
  const type = header[0];
  // 0 is stdin, echoed; 3 is an error of the engine itself.
  if (type === undefined || type > 3 || header.readUIntBE(1, 3) !== 0) {
    throw new Error("The engine sent a stream that is not multiplexed");
  }
  return type >= 2 ? "stderr" : "stdout";
}

/**
 * What the local `berth` command and the daemon say to each other over the command socket: frames of one byte type, four
 * bytes length (big endian) and payload. The client begins with `hello` and sends input only when asked, a frame each
 * time; so a command that reads nothing takes nothing, and nothing piles up on either side.
 */
export const protocolVersion = 1;

export const fromClient = {
  /** JSON, see Hello. */
  hello: 1,
  input: 2,
  inputEnd: 3,
  /** JSON, see Size. */
  resize: 4,
  /** Ctrl-C. */
  interrupt: 5,
  /** Content of the file that was asked for. */
  file: 6,
  /** Why there is none. */
  noFile: 7,
} as const;

export const fromServer = {
  output: 65,
  errors: 66,
  /** One `input` or `inputEnd` is wanted. */
  wantInput: 67,
  /** Each key is to be sent as it is pressed, or lines again. */
  raw: 68,
  cooked: 69,
  /** Path of a file that is wanted. */
  wantFile: 70,
  /** One byte: the exit code. The last frame. */
  exit: 71,
} as const;

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

export interface Hello {
  readonly protocol: number;
  readonly words: readonly string[];
  readonly terminal: ({ readonly name: string } & Size) | undefined;
}

const headerSize = 5;
export const largestFrame = 16 * 1024 * 1024;

export function frame(type: number, payload: Uint8Array | string = ""): Buffer {
  const body = typeof payload === "string" ? Buffer.from(payload, "utf8") : payload;
  const whole = Buffer.allocUnsafe(headerSize + body.length);
  whole.writeUInt8(type, 0);
  whole.writeUInt32BE(body.length, 1);
  whole.set(body, headerSize);
  return whole;
}

/** Puts frames together from the pieces in which a socket delivers them. */
export class FrameReader {
  readonly #onFrame: (type: number, payload: Buffer) => void;
  #pieces: Buffer[] = [];
  #size = 0;
  #wanted = headerSize;

  constructor(onFrame: (type: number, payload: Buffer) => void) {
    this.#onFrame = onFrame;
  }

  /** Throws RangeError for a frame that no honest peer sends. */
  push(piece: Buffer): void {
    this.#pieces.push(piece);
    this.#size += piece.length;
    while (this.#size >= this.#wanted) {
      const all = this.#pieces.length === 1 ? (this.#pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(this.#pieces);
      const end = headerSize + all.readUInt32BE(1);
      if (end > largestFrame + headerSize) throw new RangeError(`frame of ${end} bytes`);
      const complete = all.length >= end;
      const rest = complete ? all.subarray(end) : all;
      this.#pieces = [rest];
      this.#size = rest.length;
      this.#wanted = complete ? headerSize : end;
      if (complete) this.#onFrame(all.readUInt8(0), all.subarray(headerSize, end));
    }
  }
}

import { ConnectionError, errorCode, frameFlag, frameSizeLimit, frameType, headLength } from "./frames.ts";

export interface FrameSink {
  /** Any other than DATA. The payload is valid for good. */
  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void;
  /** DATA begins; `length` counts towards flow control. */
  onDataFrame(streamId: number, flags: number, length: number): void;
  /** What of the present DATA frame is here. */
  onDataPiece(piece: Buffer): void;
  /** Bytes that count towards flow control, and are nothing. */
  onDataPadding(count: number): void;
  /** It is complete. */
  onDataEnd(): void;
  /** Nothing more is to be read. */
  readonly isClosed: boolean;
}

/** Finds the frames in what comes on a connection. Bodies are passed on as they come, without a copy. */
export class FrameReader {
  readonly #sink: FrameSink;
  #held: Buffer | undefined;
  /** Since when a frame that is read as a whole has been incomplete, by `performance.now()`. */
  incompleteSince: number | undefined;
  /** Of a DATA frame. */
  #left = 0;

  constructor(sink: FrameSink) {
    this.#sink = sink;
  }

  /** Throws ConnectionError. */
  read(chunk: Buffer): void {
    const bytes = this.#held === undefined ? chunk : Buffer.concat([this.#held, chunk]);
    this.#held = undefined;
    const since = this.incompleteSince;
    this.incompleteSince = undefined;
    let at = 0;
    while (at < bytes.length && !this.#sink.isClosed) {
      const taken = this.#left > 0 ? this.#piece(bytes, at) : this.#frame(bytes, at);
      if (taken === 0) {
        this.#held = bytes.subarray(at);
        this.incompleteSince = (at === 0 ? since : undefined) ?? performance.now();
        return;
      }
      at += taken;
    }
  }

  #piece(bytes: Buffer, at: number): number {
    const count = Math.min(this.#left, bytes.length - at);
    this.#left -= count;
    this.#sink.onDataPiece(at === 0 && count === bytes.length ? bytes : bytes.subarray(at, at + count));
    if (this.#left === 0) this.#sink.onDataEnd();
    return count;
  }

  /** Returns how many bytes were read: 0 where the frame is not complete. */
  #frame(bytes: Buffer, at: number): number {
    if (bytes.length - at < headLength) return 0;
    const length = bytes.readUIntBE(at, 3);
    const type = bytes[at + 3] as number;
    const flags = bytes[at + 4] as number;
    const streamId = bytes.readUInt32BE(at + 5) & 0x7fffffff;
    if (length > frameSizeLimit) throw new ConnectionError(errorCode.frameSizeError, "frame too long");
    if (type === frameType.data && (flags & frameFlag.padded) === 0) {
      this.#sink.onDataFrame(streamId, flags, length);
      this.#left = length;
      if (length === 0) this.#sink.onDataEnd();
      return headLength;
    }
    const end = at + headLength + length;
    if (bytes.length < end) return 0;
    const payload = bytes.subarray(at + headLength, end);
    if (type !== frameType.data) this.#sink.onFrame(type, flags, streamId, payload);
    else {
      this.#sink.onDataFrame(streamId, flags, length);
      const piece = withoutPadding(payload);
      this.#sink.onDataPadding(length - piece.length);
      this.#sink.onDataPiece(piece);
      this.#sink.onDataEnd();
    }
    return headLength + length;
  }
}

export function withoutPadding(payload: Buffer): Buffer {
  const padding = payload[0];
  if (padding === undefined || padding >= payload.length) {
    throw new ConnectionError(errorCode.protocolError, "more padding than frame");
  }
  return payload.subarray(1, payload.length - padding);
}

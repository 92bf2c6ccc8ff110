import { once } from "node:events";
import type { TLSSocket } from "node:tls";
import { FrameReader } from "../../../src/router/http2/frame-reader.ts";
import { frame, frameFlag, frameType, settingsFrame } from "../../../src/router/http2/frames.ts";
import { HpackDecoder } from "../../../src/router/http2/hpack/decoder.ts";
import { encodeFields } from "../../../src/router/http2/hpack/encoder.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";
import { secureConnection } from "./tls.ts";

export interface Seen {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
  /** Of a HEADERS frame. */
  readonly fields: readonly string[];
}

export const get = [":method", "GET", ":scheme", "https", ":authority", "app.test", ":path", "/"];
export const post = [":method", "POST", ...get.slice(2)];

/** A client that sends what no library would. */
export class FrameClient {
  readonly seen: Seen[] = [];
  /** The server has closed the connection. */
  closed = false;
  readonly #socket: TLSSocket;
  readonly #hpack = new HpackDecoder(1_000_000);
  #wake: () => void = () => undefined;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    let data: { stream: number; flags: number; pieces: Buffer[] } | undefined;
    const reader = new FrameReader({
      isClosed: false,
      onFrame: (type, flags, stream, payload) => this.#add(type, flags, stream, payload),
      onDataFrame: (stream, flags) => {
        data = { stream, flags, pieces: [] };
      },
      onDataPiece: (piece) => data?.pieces.push(piece),
      onDataPadding: () => undefined,
      onDataEnd: () => {
        if (data !== undefined) this.#add(frameType.data, data.flags, data.stream, Buffer.concat(data.pieces));
      },
    });
    socket.on("data", (chunk: Buffer) => {
      reader.read(chunk);
      this.#wake();
    });
    socket.on("close", () => {
      this.closed = true;
      this.#wake();
    });
  }

  static async connect(t: CleanUp, port: number): Promise<FrameClient> {
    const socket = await secureConnection(t, port, { servername: "app.test", ALPNProtocols: ["h2"] });
    const client = new FrameClient(socket);
    cleanUp(t, () => socket.destroy());
    client.send("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", settingsFrame([]));
    return client;
  }

  send(...frames: string[]): void {
    if (this.#socket.writable) this.#socket.write(frames.join(""), "latin1");
  }

  /** No faster than the server takes it; returns early where it takes no more. */
  async sendAll(text: string): Promise<void> {
    if (!this.#socket.writable || this.#socket.write(text, "latin1")) return;
    const over = new AbortController();
    const either = ["drain", "close"].map((event) => once(this.#socket, event, { signal: over.signal }));
    await Promise.race(either);
    over.abort();
    await Promise.allSettled(either);
  }

  head(stream: number, fields: readonly string[], flags = 0): void {
    this.send(frame(frameType.headers, frameFlag.endHeaders | flags, stream, encodeFields(fields)));
  }

  data(stream: number, body: string, flags = 0): void {
    this.send(frame(frameType.data, flags, stream, body));
  }

  /** The first frame like that, which may be yet to come; undefined once the connection is closed without it. */
  async got(type: number, stream: number): Promise<Seen | undefined> {
    for (;;) {
      const found = this.seen.find((each) => each.type === type && each.stream === stream);
      if (found !== undefined || this.closed) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  /** Error code of RST_STREAM; of GOAWAY for stream 0. */
  async errorOf(stream: number): Promise<number | undefined> {
    const found = await this.got(stream === 0 ? frameType.goaway : frameType.rstStream, stream);
    return found?.payload.readUInt32BE(stream === 0 ? 4 : 0);
  }

  #add(type: number, flags: number, stream: number, payload: Buffer): void {
    const fields = type === frameType.headers ? this.#hpack.decode(payload).fields : [];
    this.seen.push({ type, flags, stream, payload, fields });
  }
}

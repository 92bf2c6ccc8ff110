import type { Socket } from "node:net";
import type { TLSSocket } from "node:tls";
import { isEncrypted } from "../tls/encrypted.ts";
import { Allowance } from "./allowance.ts";
import { FrameReader, type FrameSink, withoutPadding } from "./frame-reader.ts";
import {
  ConnectionError,
  defaultWindow,
  type ErrorCode,
  errorCode,
  frame,
  frameFlag,
  frameSizeLimit,
  frameType,
  headerFrames,
  setting,
  settingsFrame,
  uint32,
  windowLimit,
  windowUpdate,
} from "./frames.ts";
import { CompressionError, type FieldSection, HpackDecoder } from "./hpack/decoder.ts";
import { encodeStatus, noTable } from "./hpack/encoder.ts";
import { Output } from "./output.ts";
import type { Http2Request } from "./request.ts";
import { readRequestHead, readTrailers } from "./request-fields.ts";
import type { Http2Response } from "./response.ts";
import { Http2Stream, type StreamConnection } from "./stream.ts";
import type { StreamSocket } from "./stream-socket.ts";

const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

// The default of 64 KB would slow uploads down to that in each round trip. What a connection may have on its way is what an
// app that does not read costs the worker.
const ownStreamWindow = 512 * 1024;
const ownConnectionWindow = 2 * 1024 * 1024;
const maxStreams = 250;
// Of a head, as RFC 9113, 6.5.2 counts, and as it is sent.
const headerLimit = 256 * 1024;
const blockLimit = 256 * 1024;
const framesOfBlock = 32;
// Of all requests that are open.
const headsLimit = 4 * 1024 * 1024;
// Streams that ended lately: what may still come for them is no mistake.
const remembered = 1_000;
const lastWordsMs = 1_000;
const highestStreamId = 2 ** 31 - 1;

export interface ConnectionOptions {
  readonly onRequest: (request: Http2Request, response: Http2Response) => void;
  readonly onClose: () => void;
  /** A connection without requests is closed after that. */
  readonly idleMs: number;
  /** How long the client may take for its first frame, or for a head. */
  readonly headMs: number;
  /** What was read of the connection before, after the preface. */
  readonly begun?: Buffer;
}

interface Block {
  readonly streamId: number;
  readonly endsStream: boolean;
  readonly dependsOnItself: boolean;
  readonly parts: Buffer[];
  length: number;
}

/** One client's connection (RFC 9113). */
export class Http2Connection implements FrameSink, StreamConnection {
  initialSendWindow = defaultWindow;
  sendWindow = defaultWindow;
  queued = 0;
  readonly streamWindow = ownStreamWindow;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #output: Output;
  readonly #reader = new FrameReader(this);
  readonly #hpack = new HpackDecoder(headerLimit);
  readonly #streams = new Map<number, Http2Stream>();
  readonly #ready = new Set<Http2Stream>();
  /** They have received something that they have not passed on. */
  readonly #unflushed = new Set<Http2Stream>();
  /** Id -> whether we have reset it. */
  readonly #ended = new Map<number, boolean>();
  // Resets cost a request each (CVE-2023-44487); the others, a frame.
  readonly #resets = new Allowance(1_000, 33);
  readonly #idleFrames = new Allowance(20_000, 2_000);
  #receiveWindow = ownConnectionWindow;
  #headsSize = 0;
  #unacknowledged = 0;
  #prefaceLeft = preface.length;
  #hasSettings = false;
  #hasBlocks = false;
  #lastId = 0;
  #block: Block | undefined;
  /** Of the DATA frame that is being read. */
  #dataStream: Http2Stream | undefined;
  #dataFlags = 0;
  #headTimer: NodeJS.Timeout | undefined;
  /** Runs while the client takes nothing of what is sent. */
  #stallTimer: NodeJS.Timeout | undefined;
  /** Runs while the client has been told to begin nothing more, and what is on its way is awaited. */
  #leaveTimer: NodeJS.Timeout | undefined;
  /** We have said goodbye: streams above are not begun. */
  #goodbyeAt: number | undefined;
  isClosed = false;

  constructor(socket: Socket, options: ConnectionOptions) {
    this.#socket = socket;
    this.#options = options;
    this.#output = new Output(socket, () => this.#pump());
  }

  start(): void {
    const socket = this.#socket;
    this.#headTimer = setTimeout(() => this.#destroy(), this.#options.headMs);
    socket.setTimeout(this.#options.idleMs, () => this.#onIdle());
    socket.on("error", () => this.#destroy());
    socket.on("close", () => this.#onGone());
    socket.on("end", () => this.#destroy());
    socket.on("data", (chunk: Buffer) => this.#onBytes(chunk));
    socket.on("drain", () => {
      clearTimeout(this.#stallTimer);
      this.#stallTimer = undefined;
      this.#output.schedule();
    });
    const settings = [
      [setting.maxConcurrentStreams, maxStreams],
      [setting.initialWindowSize, ownStreamWindow],
      [setting.maxHeaderListSize, headerLimit],
    ] as const;
    this.write(settingsFrame(settings) + windowUpdate(0, ownConnectionWindow - defaultWindow));
    if (this.#options.begun === undefined) return;
    this.#prefaceLeft = 0;
    this.#onBytes(this.#options.begun);
  }

  /** Ends once its requests have their answers; takes no further ones. */
  retire(): void {
    if (this.isClosed || this.#goodbyeAt !== undefined || this.#leaveTimer !== undefined) return;
    // RFC 9113, 6.8: requests that are on their way are still taken. The answer to the ping says that the client knows.
    this.write(goaway(highestStreamId, errorCode.noError) + frame(frameType.ping, 0, 0, "\0".repeat(8)));
    this.#leaveTimer = setTimeout(() => this.#leave(), lastWordsMs);
  }

  #leave(): void {
    clearTimeout(this.#leaveTimer);
    if (this.isClosed || this.#goodbyeAt !== undefined) return;
    this.#sayGoodbye(errorCode.noError);
    this.#endIfDone();
  }

  destroy(): void {
    this.#destroy();
  }

  // Towards the streams.

  get idleMs(): number {
    return this.#options.idleMs;
  }

  socketOf(stream: Http2Stream): StreamSocket {
    const socket = this.#socket;
    const end = () => stream.destroy();
    return {
      connection: socket,
      encrypted: isEncrypted(socket),
      localPort: socket.localPort,
      remoteAddress: socket.remoteAddress,
      getProtocol: () => (isEncrypted(socket) ? (socket as TLSSocket).getProtocol() : null),
      destroy: end,
      destroySoon: end,
      resetAndDestroy: end,
    };
  }

  write(text: string): void {
    this.#output.text(text);
  }

  writeHead(streamId: number, block: string, endsStream: boolean): void {
    this.write(headerFrames(streamId, this.#hasBlocks ? block : noTable + block, endsStream));
    this.#hasBlocks = true;
  }

  writeBytes(bytes: Buffer, written: (() => void) | undefined): void {
    this.#output.bytes(bytes, written);
  }

  onReady(stream: Http2Stream): void {
    if (stream.closed) return;
    this.#ready.add(stream);
    this.#output.schedule();
  }

  /** What has come is read: as much may come again. `stream` is undefined for one that takes nothing more. */
  giveBack(stream: Http2Stream | undefined, count: number): void {
    this.#unacknowledged += count;
    if (this.#unacknowledged >= ownConnectionWindow / 4) {
      this.write(windowUpdate(0, this.#unacknowledged));
      this.#receiveWindow += this.#unacknowledged;
      this.#unacknowledged = 0;
    }
    if (stream === undefined || stream.isHalfClosed) return;
    stream.unacknowledged += count;
    if (stream.unacknowledged < ownStreamWindow / 4) return;
    this.write(windowUpdate(stream.id, stream.unacknowledged));
    stream.receiveWindow += stream.unacknowledged;
    stream.unacknowledged = 0;
  }

  reset(stream: Http2Stream, code: ErrorCode, isFinished: boolean): void {
    this.#sendReset(stream.id, code);
    this.close(stream, isFinished, true);
  }

  close(stream: Http2Stream, isFinished: boolean, byUs = false): void {
    if (stream.closed) return;
    this.#streams.delete(stream.id);
    this.#headsSize -= stream.headSize;
    this.#ready.delete(stream);
    if (this.#dataStream === stream) this.#dataStream = undefined;
    this.#remember(stream.id, byUs);
    stream.onClosed(isFinished);
    this.#endIfDone();
  }

  // What comes.

  #onBytes(chunk: Buffer): void {
    if (this.isClosed) return;
    try {
      const bytes = this.#prefaceLeft > 0 ? this.#readPreface(chunk) : chunk;
      if (bytes.length > 0) this.#reader.read(bytes);
      for (const stream of this.#unflushed) stream.request.flush();
      this.#unflushed.clear();
      const { incompleteSince } = this.#reader;
      // One that says nothing more is idle, or has a request that has limits of its own.
      if (incompleteSince !== undefined && performance.now() - incompleteSince > this.#options.headMs) this.#destroy();
    } catch (error) {
      if (error instanceof ConnectionError) this.#fail(error.code);
      else if (error instanceof CompressionError) this.#fail(errorCode.compressionError);
      else throw error;
    }
  }

  #readPreface(chunk: Buffer): Buffer {
    const from = preface.length - this.#prefaceLeft;
    const count = Math.min(chunk.length, this.#prefaceLeft);
    if (preface.compare(chunk, 0, count, from, from + count) !== 0) {
      throw new ConnectionError(errorCode.protocolError, "no preface");
    }
    this.#prefaceLeft -= count;
    return chunk.subarray(count);
  }

  onFrame(type: number, flags: number, streamId: number, payload: Buffer): void {
    this.#expectSettings(type, flags);
    if (this.#block !== undefined && (type !== frameType.continuation || this.#block.streamId !== streamId)) {
      throw new ConnectionError(errorCode.protocolError, "frame inside a header block");
    }
    if (type === frameType.headers) this.#onHeaders(flags, streamId, payload);
    else if (type === frameType.continuation) this.#onContinuation(flags, payload);
    else if (type === frameType.windowUpdate) this.#onWindowUpdate(streamId, payload);
    else if (type === frameType.rstStream) this.#onReset(streamId, payload);
    else {
      if (!this.#idleFrames.take()) throw new ConnectionError(errorCode.enhanceYourCalm, "too many idle frames");
      if (type === frameType.settings) this.#onSettings(flags, streamId, payload);
      else if (type === frameType.ping) this.#onPing(flags, streamId, payload);
      else if (type === frameType.priority) this.#onPriority(streamId, payload);
      else if (type === frameType.goaway) this.#onGoaway(streamId, payload);
      else if (type === frameType.pushPromise) throw new ConnectionError(errorCode.protocolError, "push by a client");
    }
  }

  #expectSettings(type: number, flags: number): void {
    if (this.#hasSettings) return;
    if (type !== frameType.settings || (flags & frameFlag.ack) !== 0) {
      throw new ConnectionError(errorCode.protocolError, "no SETTINGS");
    }
    this.#hasSettings = true;
    clearTimeout(this.#headTimer);
  }

  #requireStream(isRight: boolean): void {
    if (!isRight) throw new ConnectionError(errorCode.protocolError, "frame for a stream that it cannot be for");
  }

  #requireLength(isRight: boolean): void {
    if (!isRight) throw new ConnectionError(errorCode.frameSizeError, "frame of a wrong size");
  }

  #onHeaders(flags: number, streamId: number, payload: Buffer): void {
    this.#requireStream(streamId % 2 === 1);
    let block = (flags & frameFlag.padded) === 0 ? payload : withoutPadding(payload);
    let dependsOnItself = false;
    if ((flags & frameFlag.priority) !== 0) {
      this.#requireLength(block.length >= 5);
      dependsOnItself = (block.readUInt32BE(0) & 0x7fffffff) === streamId;
      block = block.subarray(5);
    }
    const endsStream = (flags & frameFlag.endStream) !== 0;
    this.#block = { streamId, endsStream, dependsOnItself, parts: [block], length: block.length };
    if ((flags & frameFlag.endHeaders) !== 0) this.#onBlock();
    else this.#headTimer = setTimeout(() => this.#destroy(), this.#options.headMs);
  }

  #onContinuation(flags: number, payload: Buffer): void {
    const block = this.#block;
    if (block === undefined) throw new ConnectionError(errorCode.protocolError, "continuation of nothing");
    block.parts.push(payload);
    block.length += payload.length;
    if (block.length > blockLimit || block.parts.length > framesOfBlock) {
      throw new ConnectionError(errorCode.enhanceYourCalm, "header block without an end");
    }
    if ((flags & frameFlag.endHeaders) === 0) return;
    clearTimeout(this.#headTimer);
    this.#onBlock();
  }

  #onBlock(): void {
    const { streamId, endsStream, dependsOnItself, parts } = this.#block as Block;
    this.#block = undefined;
    const [first = Buffer.alloc(0), ...more] = parts;
    // Also where nobody wants it: the next one may build on it.
    const section = this.#hpack.decode(more.length === 0 ? first : Buffer.concat(parts));
    const stream = this.#streams.get(streamId);
    const isBad = section.isBad || dependsOnItself;
    const isWhole = !isBad && !section.isTooLong && endsStream;
    if (stream !== undefined) this.#onTrailers(stream, isWhole ? section.fields : undefined);
    else if (streamId <= this.#lastId) this.#onLateBlock(streamId);
    else this.#onHead(streamId, endsStream, isBad, section);
  }

  #onTrailers(stream: Http2Stream, fields: readonly string[] | undefined): void {
    if (stream.isHalfClosed) {
      this.#refuse(stream.id, errorCode.streamClosed);
      return;
    }
    const trailers = fields && readTrailers(fields);
    if (trailers === undefined || !stream.receiveEnd(trailers)) this.#refuse(stream.id, errorCode.protocolError);
  }

  #onLateBlock(streamId: number): void {
    const byUs = this.#ended.get(streamId);
    if (byUs === true) return;
    throw new ConnectionError(byUs === false ? errorCode.streamClosed : errorCode.protocolError, "stream was closed");
  }

  #onHead(streamId: number, endsStream: boolean, isBad: boolean, { fields, size, isTooLong }: FieldSection): void {
    this.#lastId = streamId;
    if (this.#goodbyeAt !== undefined) {
      // The client knows that it was not begun.
      this.#remember(streamId, true);
      return;
    }
    if (this.#streams.size >= maxStreams || this.#headsSize > headsLimit) {
      this.#refuse(streamId, errorCode.refusedStream);
      return;
    }
    const head = isBad || isTooLong ? undefined : readRequestHead(fields, endsStream);
    if (head !== undefined) {
      const stream = new Http2Stream(this, streamId, head, size, endsStream);
      this.#streams.set(streamId, stream);
      this.#headsSize += size;
      if (endsStream) stream.request.finish([]);
      this.#options.onRequest(stream.request, stream.response);
      return;
    }
    if (!isBad && isTooLong) {
      this.writeHead(streamId, encodeStatus(431), true);
      this.#refuse(streamId, errorCode.noError);
    } else this.#refuse(streamId, errorCode.protocolError);
  }

  onDataFrame(streamId: number, flags: number, length: number): void {
    this.#expectSettings(frameType.data, 0);
    this.#requireStream(this.#block === undefined && streamId !== 0 && streamId <= this.#lastId);
    const endsStream = (flags & frameFlag.endStream) !== 0;
    if (length === 0 && !endsStream && !this.#idleFrames.take()) {
      throw new ConnectionError(errorCode.enhanceYourCalm, "too many empty frames");
    }
    this.#receiveWindow -= length;
    if (this.#receiveWindow < 0) throw new ConnectionError(errorCode.flowControlError, "more than the window");
    const stream = this.#streams.get(streamId);
    this.#dataStream = stream?.isHalfClosed ? undefined : stream;
    this.#dataFlags = flags;
    if (this.#dataStream === undefined) {
      if (this.#ended.get(streamId) !== true) this.#refuse(streamId, errorCode.streamClosed);
      return;
    }
    this.#dataStream.receiveWindow -= length;
    if (this.#dataStream.receiveWindow < 0) this.#refuse(streamId, errorCode.flowControlError);
  }

  onDataPiece(piece: Buffer): void {
    const stream = this.#dataStream;
    if (stream === undefined) this.giveBack(undefined, piece.length);
    else if (!stream.receive(piece)) {
      this.giveBack(undefined, piece.length);
      this.#refuse(stream.id, errorCode.protocolError);
    } else if (stream.request.waiting > 0) this.#unflushed.add(stream);
  }

  onDataPadding(count: number): void {
    this.giveBack(this.#dataStream, count);
  }

  onDataEnd(): void {
    const stream = this.#dataStream;
    if (stream === undefined || (this.#dataFlags & frameFlag.endStream) === 0) return;
    this.#dataStream = undefined;
    if (!stream.receiveEnd([])) this.#refuse(stream.id, errorCode.protocolError);
  }

  #onReset(streamId: number, payload: Buffer): void {
    this.#requireLength(payload.length === 4);
    this.#requireStream(streamId !== 0 && streamId <= this.#lastId);
    if (!this.#resets.take()) throw new ConnectionError(errorCode.enhanceYourCalm, "too many resets");
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.close(stream, false);
  }

  #onWindowUpdate(streamId: number, payload: Buffer): void {
    this.#requireLength(payload.length === 4);
    const increment = payload.readUInt32BE(0) & 0x7fffffff;
    if (streamId !== 0) {
      this.#onStreamWindow(streamId, increment);
      return;
    }
    if (increment === 0) throw new ConnectionError(errorCode.protocolError, "window update of nothing");
    const wasUsedUp = this.sendWindow <= 0;
    this.sendWindow += increment;
    if (this.sendWindow > windowLimit) throw new ConnectionError(errorCode.flowControlError, "window too large");
    if (wasUsedUp) for (const stream of this.#streams.values()) if (stream.isWaiting) this.onReady(stream);
  }

  #onStreamWindow(streamId: number, increment: number): void {
    this.#requireStream(streamId <= this.#lastId);
    const stream = this.#streams.get(streamId);
    if (stream === undefined) return;
    stream.sendWindow += increment;
    if (increment === 0) this.#refuse(streamId, errorCode.protocolError);
    else if (stream.sendWindow > windowLimit) this.#refuse(streamId, errorCode.flowControlError);
    else if (stream.isWaiting) this.onReady(stream);
  }

  #onSettings(flags: number, streamId: number, payload: Buffer): void {
    this.#requireStream(streamId === 0);
    if ((flags & frameFlag.ack) !== 0) {
      this.#requireLength(payload.length === 0);
      return;
    }
    this.#requireLength(payload.length % 6 === 0);
    let window = this.initialSendWindow;
    for (let at = 0; at < payload.length; at += 6) {
      const id = payload.readUInt16BE(at);
      const value = payload.readUInt32BE(at + 2);
      if (id === setting.initialWindowSize) window = value;
      this.#check(id, value);
    }
    // Once for each frame: it looks at every stream, and there is room for 2,700 settings.
    if (window !== this.initialSendWindow) this.#setInitialWindow(window);
    this.#answer(frame(frameType.settings, frameFlag.ack, 0, ""));
  }

  #check(id: number, value: number): void {
    if (id === setting.initialWindowSize && value > windowLimit) {
      throw new ConnectionError(errorCode.flowControlError, "INITIAL_WINDOW_SIZE");
    }
    if (id === setting.enablePush && value > 1) throw new ConnectionError(errorCode.protocolError, "ENABLE_PUSH");
    if (id === setting.maxFrameSize && (value < frameSizeLimit || value > 2 ** 24 - 1)) {
      throw new ConnectionError(errorCode.protocolError, "MAX_FRAME_SIZE");
    }
  }

  #setInitialWindow(value: number): void {
    const difference = value - this.initialSendWindow;
    this.initialSendWindow = value;
    for (const stream of this.#streams.values()) {
      stream.sendWindow += difference;
      if (stream.sendWindow > windowLimit) throw new ConnectionError(errorCode.flowControlError, "window too large");
      if (stream.isWaiting) this.onReady(stream);
    }
  }

  #onPing(flags: number, streamId: number, payload: Buffer): void {
    this.#requireStream(streamId === 0);
    this.#requireLength(payload.length === 8);
    if ((flags & frameFlag.ack) === 0) {
      this.#answer(frame(frameType.ping, frameFlag.ack, 0, payload.toString("latin1")));
    } else if (this.#leaveTimer !== undefined) this.#leave();
  }

  #onGoaway(streamId: number, payload: Buffer): void {
    this.#requireStream(streamId === 0);
    this.#requireLength(payload.length >= 8);
  }

  #onPriority(streamId: number, payload: Buffer): void {
    this.#requireStream(streamId !== 0);
    if (payload.length !== 5) this.#refuse(streamId, errorCode.frameSizeError);
    else if ((payload.readUInt32BE(0) & 0x7fffffff) === streamId) this.#refuse(streamId, errorCode.protocolError);
  }

  // What goes.

  /** An error of one stream, be it open or not. */
  #refuse(streamId: number, code: ErrorCode): void {
    // A client that provokes resets gets no further than one that sends them.
    if (!this.#resets.take()) throw new ConnectionError(errorCode.enhanceYourCalm, "too many errors");
    const stream = this.#streams.get(streamId);
    if (stream !== undefined) this.reset(stream, code, false);
    else {
      this.#sendReset(streamId, code);
      this.#remember(streamId, true);
    }
  }

  #sendReset(streamId: number, code: ErrorCode): void {
    this.#answer(frame(frameType.rstStream, 0, streamId, uint32(code)));
  }

  #remember(streamId: number, byUs: boolean): void {
    this.#ended.set(streamId, byUs);
    if (this.#ended.size > remembered) this.#ended.delete(this.#ended.keys().next().value as number);
  }

  /** What is sent whether the client reads or not. */
  #answer(text: string): void {
    if (this.#output.isFull) this.#fail(errorCode.enhanceYourCalm);
    else this.write(text);
  }

  /** A frame of each stream in turn, for as long as the client takes it. */
  #pump(): void {
    while (this.#ready.size > 0) {
      for (const stream of this.#ready) {
        if (!this.#output.isWritable) {
          this.#stallTimer ??= setTimeout(() => this.#destroy(), this.#options.idleMs);
          return;
        }
        if (!stream.pump()) this.#ready.delete(stream);
      }
    }
  }

  #sayGoodbye(code: ErrorCode): void {
    this.#goodbyeAt = this.#lastId;
    this.write(goaway(this.#lastId, code));
  }

  #endIfDone(): void {
    if (this.#goodbyeAt !== undefined && this.#streams.size === 0 && !this.isClosed) this.#end();
  }

  #onIdle(): void {
    if (this.#streams.size === 0) this.retire();
  }

  #fail(code: ErrorCode): void {
    if (this.isClosed) return;
    this.#sayGoodbye(code);
    this.#end();
    // Whether it reads them or not.
    this.#destroySoon();
  }

  /** All that was sent may take a slow client a while. */
  #end(): void {
    this.isClosed = true;
    this.#output.flush();
    this.#socket.setTimeout(this.#options.idleMs, () => this.#socket.destroy());
    this.#socket.end(() => this.#destroySoon());
    this.#abandon();
  }

  /** What the client sent before it knew would reset the connection, and with it our last words. */
  #destroySoon(): void {
    const timer = setTimeout(() => this.#socket.destroy(), lastWordsMs);
    this.#socket.once("close", () => clearTimeout(timer));
  }

  #destroy(): void {
    this.isClosed = true;
    this.#socket.destroy();
  }

  #onGone(): void {
    this.isClosed = true;
    this.#abandon();
    this.#options.onClose();
  }

  #abandon(): void {
    clearTimeout(this.#headTimer);
    clearTimeout(this.#stallTimer);
    clearTimeout(this.#leaveTimer);
    this.#ready.clear();
    this.#unflushed.clear();
    for (const stream of this.#streams.values()) stream.onClosed(false);
    this.#streams.clear();
  }
}

function goaway(lastStreamId: number, code: ErrorCode): string {
  return frame(frameType.goaway, 0, 0, uint32(lastStreamId) + uint32(code));
}

import { type ErrorCode, errorCode, frameFlag, frameHead, frameSizeLimit, frameType } from "./frames.ts";
import { Http2Request } from "./request.ts";
import type { RequestHead } from "./request-fields.ts";
import { Http2Response } from "./response.ts";
import type { StreamSocket } from "./stream-socket.ts";

/** What waits to be sent before whoever writes is asked to wait. */
const queueLimit = 64 * 1024;
const pieceLimit = 128;
/** What may wait on all streams of a connection before each of them has no more than a piece. */
const connectionQueueLimit = 1024 * 1024;

/** What a stream shares with the others of its client. */
export interface StreamConnection {
  readonly initialSendWindow: number;
  /** Bytes that may be sent on all streams together. */
  sendWindow: number;
  /** Bytes that wait to be sent on all streams together. */
  queued: number;
  readonly streamWindow: number;
  /** How long a client may take nothing of an answer that is complete. */
  readonly idleMs: number;
  socketOf(stream: Http2Stream): StreamSocket;
  write(text: string): void;
  writeHead(streamId: number, block: string, endsStream: boolean): void;
  writeBytes(bytes: Buffer, written: (() => void) | undefined): void;
  /** It has something to send: `pump` follows. */
  onReady(stream: Http2Stream): void;
  /** What has come is read: as much may come again. `stream` is undefined for one that takes nothing more. */
  giveBack(stream: Http2Stream | undefined, count: number): void;
  /** With RST_STREAM. `onClosed` follows, as after `close`. */
  reset(stream: Http2Stream, code: ErrorCode, isFinished: boolean): void;
  close(stream: Http2Stream, isFinished: boolean): void;
}

interface Piece {
  readonly bytes: Buffer | string;
  at: number;
  readonly written: (() => void) | undefined;
}

/** One request and its answer, on a connection that it shares with others. */
export class Http2Stream {
  readonly id: number;
  readonly request: Http2Request;
  readonly response: Http2Response;
  readonly socket: StreamSocket;
  /** Bytes that may be sent. */
  sendWindow: number;
  /** Bytes that may still come. */
  receiveWindow: number;
  /** Bytes that were read since the client was last told. */
  unacknowledged = 0;
  closed = false;
  /** Bytes of the request's head, as RFC 9113, 6.5.2 counts them. */
  readonly headSize: number;
  readonly #connection: StreamConnection;
  readonly #expected: number | undefined;
  #received = 0;
  /** Received bytes that are not read yet: as long, their part of the windows is not given back. */
  #unread = 0;
  #heads = "";
  readonly #pieces: Piece[] = [];
  #queued = 0;
  #ended = false;
  #trailers: string | undefined;
  #needsDrain = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(connection: StreamConnection, id: number, head: RequestHead, headSize: number, endsStream: boolean) {
    this.#connection = connection;
    this.id = id;
    this.headSize = headSize;
    this.sendWindow = connection.initialSendWindow;
    this.receiveWindow = connection.streamWindow;
    this.#expected = head.contentLength;
    this.socket = connection.socketOf(this);
    this.request = new Http2Request(this, head, !endsStream);
    this.response = new Http2Response(this, this.request);
  }

  /** The client's side has ended. */
  get isHalfClosed(): boolean {
    return this.request.complete;
  }

  /** Something waits that could be sent if it were not for the windows. */
  get isWaiting(): boolean {
    return this.#pieces.length > 0;
  }

  /** RFC 9113, 8.1.1: false where there is more than the request said. */
  receive(piece: Buffer): boolean {
    this.#received += piece.length;
    if (this.#expected !== undefined && this.#received > this.#expected) return false;
    this.#unread += piece.length;
    this.request.receive(piece);
    this.onRead();
    this.#timer?.refresh();
    return true;
  }

  /** False where it is shorter than the request said. */
  receiveEnd(trailers: string[]): boolean {
    if (this.#expected !== undefined && this.#received !== this.#expected) return false;
    this.request.finish(trailers);
    return true;
  }

  /** What does not wait any more may come again. */
  onRead(): void {
    if (this.closed) return;
    const count = this.#unread - this.request.waiting;
    if (count === 0) return;
    this.#unread -= count;
    this.#connection.giveBack(this, count);
  }

  sendHead(block: string): void {
    if (this.closed) return;
    // The end of the stream is told with the last one, where nothing follows.
    if (this.#heads !== "") this.#connection.writeHead(this.id, this.#heads, false);
    this.#heads = block;
    this.#connection.onReady(this);
  }

  sendBody(bytes: Buffer | string, written?: () => void): boolean {
    if (this.closed) return false;
    this.#pieces.push({ bytes, at: 0, written });
    this.#queued += bytes.length;
    this.#connection.queued += bytes.length;
    this.#connection.onReady(this);
    const isLoaded = this.#connection.queued > connectionQueueLimit;
    if (!isLoaded && this.#queued < queueLimit && this.#pieces.length < pieceLimit) return true;
    this.#needsDrain = true;
    return false;
  }

  sendEnd(trailers: string | undefined): void {
    this.#ended = true;
    this.#trailers = trailers;
    this.#connection.onReady(this);
  }

  /** Sends a frame or two of what waits. Returns whether there is more that may be sent. */
  pump(): boolean {
    if (this.closed) return false;
    const isEmpty = this.#pieces.length === 0;
    if (this.#heads !== "") {
      const isAll = isEmpty && this.#ended && this.#trailers === undefined;
      this.#connection.writeHead(this.id, this.#heads, isAll);
      this.#heads = "";
      if (isAll) return this.#finish();
    }
    if (!isEmpty) return this.#sendPiece();
    if (!this.#ended) return false;
    const { id } = this;
    if (this.#trailers !== undefined) this.#connection.writeHead(id, this.#trailers, true);
    else this.#connection.write(frameHead(0, frameType.data, frameFlag.endStream, id));
    return this.#finish();
  }

  #sendPiece(): boolean {
    const piece = this.#pieces[0] as Piece;
    const { bytes, at, written } = piece;
    const size = Math.min(bytes.length - at, frameSizeLimit, this.sendWindow, this.#connection.sendWindow);
    if (size <= 0) {
      // Nobody else watches over what was handed over as a whole.
      if (this.#ended && this.#timer === undefined) {
        this.setTimeout(this.#connection.idleMs, () => this.destroy(errorCode.cancel));
      }
      return false;
    }
    this.sendWindow -= size;
    this.#connection.queued -= size;
    this.#connection.sendWindow -= size;
    this.#queued -= size;
    piece.at += size;
    const isDone = piece.at === bytes.length;
    if (isDone) this.#pieces.shift();
    const isAll = isDone && this.#pieces.length === 0 && this.#ended && this.#trailers === undefined;
    this.#connection.write(frameHead(size, frameType.data, isAll ? frameFlag.endStream : 0, this.id));
    if (typeof bytes === "string") this.#connection.write(size === bytes.length ? bytes : bytes.slice(at, at + size));
    else {
      const part = size === bytes.length ? bytes : bytes.subarray(at, at + size);
      this.#connection.writeBytes(part, isDone ? written : undefined);
    }
    this.#timer?.refresh();
    if (isAll) return this.#finish();
    if (this.#needsDrain && this.#queued < queueLimit / 2 && this.#pieces.length < pieceLimit / 2) {
      this.#needsDrain = false;
      this.response.emit("drain");
    }
    return this.#pieces.length > 0 || this.#ended;
  }

  /** RFC 9113, 8.1: a client that still sends its body when it has the whole answer is told to stop. */
  #finish(): false {
    if (!this.isHalfClosed) this.#connection.reset(this, errorCode.noError, true);
    else this.#connection.close(this, true);
    return false;
  }

  setTimeout(ms: number, onTimeout: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = ms === 0 || this.closed ? undefined : setTimeout(onTimeout, ms);
  }

  destroy(code: ErrorCode = errorCode.internalError): void {
    if (!this.closed) this.#connection.reset(this, code, false);
  }

  /** By the connection, once. */
  onClosed(isFinished: boolean): void {
    this.closed = true;
    clearTimeout(this.#timer);
    this.#pieces.length = 0;
    this.#connection.queued -= this.#queued;
    this.#queued = 0;
    if (this.#unread > 0) this.#connection.giveBack(undefined, this.#unread);
    this.#unread = 0;
    this.response.onClosed(isFinished);
    // An answer that did not wait for the rest of the request is whole all the same.
    if (!isFinished) this.request.abort();
    else if (!this.request.complete) this.request.destroy();
  }
}

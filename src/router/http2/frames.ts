/** RFC 9113, section 6. */
export const frameType = {
  data: 0,
  headers: 1,
  priority: 2,
  rstStream: 3,
  settings: 4,
  pushPromise: 5,
  ping: 6,
  goaway: 7,
  windowUpdate: 8,
  continuation: 9,
} as const;

export const frameFlag = { ack: 1, endStream: 1, endHeaders: 4, padded: 8, priority: 32 } as const;

/** RFC 9113, section 7. */
export const errorCode = {
  noError: 0,
  protocolError: 1,
  internalError: 2,
  flowControlError: 3,
  streamClosed: 5,
  frameSizeError: 6,
  refusedStream: 7,
  cancel: 8,
  compressionError: 9,
  enhanceYourCalm: 11,
} as const;
export type ErrorCode = (typeof errorCode)[keyof typeof errorCode];

export const setting = {
  maxConcurrentStreams: 3,
  initialWindowSize: 4,
  maxFrameSize: 5,
  maxHeaderListSize: 6,
  enablePush: 2,
} as const;

/** Without SETTINGS_MAX_FRAME_SIZE. */
export const frameSizeLimit = 16_384;
export const headLength = 9;
export const windowLimit = 2 ** 31 - 1;
export const defaultWindow = 65_535;

/** The connection cannot go on. */
export class ConnectionError extends Error {
  readonly code: ErrorCode;

  constructor(code: ErrorCode, message: string) {
    super(message);
    this.code = code;
  }
}

/** All that is short is written as text, in latin1: joined before it is sent, it costs one write. */
export function frame(type: number, flags: number, streamId: number, payload: string): string {
  return frameHead(payload.length, type, flags, streamId) + payload;
}

export function frameHead(length: number, type: number, flags: number, streamId: number): string {
  return String.fromCharCode((length >> 16) & 255, (length >> 8) & 255, length & 255, type, flags) + uint32(streamId);
}

export function uint32(value: number): string {
  return String.fromCharCode((value >>> 24) & 255, (value >> 16) & 255, (value >> 8) & 255, value & 255);
}

/** A header block in as many frames as it takes. */
export function headerFrames(streamId: number, block: string, endsStream: boolean): string {
  const end = endsStream ? frameFlag.endStream : 0;
  if (block.length <= frameSizeLimit) {
    return frame(frameType.headers, frameFlag.endHeaders | end, streamId, block);
  }
  let frames = frame(frameType.headers, end, streamId, block.slice(0, frameSizeLimit));
  for (let at = frameSizeLimit; at < block.length; at += frameSizeLimit) {
    const isLast = at + frameSizeLimit >= block.length;
    const piece = block.slice(at, at + frameSizeLimit);
    frames += frame(frameType.continuation, isLast ? frameFlag.endHeaders : 0, streamId, piece);
  }
  return frames;
}

export function settingsFrame(values: readonly (readonly [number, number])[]): string {
  const payload = values.map(([id, value]) => String.fromCharCode(id >> 8, id & 255) + uint32(value)).join("");
  return frame(frameType.settings, 0, 0, payload);
}

export function windowUpdate(streamId: number, increment: number): string {
  return frame(frameType.windowUpdate, 0, streamId, uint32(increment));
}

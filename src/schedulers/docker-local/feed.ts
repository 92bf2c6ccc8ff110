import type { Duplex, Readable } from "node:stream";

export interface Feeding {
  /** Leaves the rest of the input unread. May be repeated. */
  stop(): void;
}

/** Ctrl-D: the terminal driver makes an end of input of it. */
const endOfInput = "\x04";
const lineEnds = new Set([0x0a, 0x0d, 0x04]);
const repeatMs = 1_000;

/** Input until its end, which closes the process's stdin and nothing else. */
export function feed(stdin: Readable, stream: Duplex): Feeding {
  const broken = (): void => {
    stdin.unpipe(stream);
    stream.end();
  };
  if (stdin.readable) stdin.pipe(stream);
  else broken();
  stdin.once("error", broken).once("close", broken);
  return {
    stop: () => {
      stdin.off("error", broken).off("close", broken);
      stdin.unpipe(stream);
    },
  };
}

/**
 * Input for a terminal. Nothing closes a terminal's input alone: the engine would take the end of the stream for the end of
 * the caller, and drop all output after it. So its end is typed. It is typed again and again, as each one ends a single
 * read, and one that was typed before the program had set up its terminal is lost.
 */
export function feedTerminal(stdin: Readable, stream: Duplex): Feeding {
  let lastByte = 0x0a;
  let repeating: NodeJS.Timeout | undefined;
  const note = (chunk: Buffer): void => {
    lastByte = chunk.at(-1) ?? lastByte;
  };
  const type = (): void => {
    // What is pending is not our business: a process that reads nothing needs no second end of input.
    if (stream.writable && !stream.writableNeedDrain) stream.write(endOfInput);
  };
  const end = (): void => {
    // In the middle of a line, the first one only hands the line over.
    if (!lineEnds.has(lastByte)) type();
    type();
    repeating ??= setInterval(type, repeatMs);
  };
  if (stdin.readable) stdin.on("data", note).once("end", end).pipe(stream, { end: false });
  else end();
  return {
    stop: () => {
      clearInterval(repeating);
      stdin.off("data", note).off("end", end).unpipe(stream);
    },
  };
}

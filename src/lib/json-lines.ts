import type { Socket } from "node:net";
import { StringDecoder } from "node:string_decoder";

export interface JsonLineEvents {
  onValue(value: object): void;
  /** A line that is no JSON object, or one that is too long. Nothing follows. */
  onInvalid(error: Error): void;
}

/** Reads one JSON object a line from a socket. Lines may be as long as `limit` characters. */
export function readJsonLines(socket: Socket, events: JsonLineEvents, limit = 64 * 1024 * 1024): void {
  const decoder = new StringDecoder("utf8");
  let parts: string[] = [];
  let length = 0;
  const onData = (chunk: Buffer) => {
    const lines = decoder.write(chunk).split("\n");
    for (const [index, line] of lines.entries()) {
      parts.push(line);
      length += line.length;
      if (length > limit) return stop(new Error("line is too long"));
      if (index === lines.length - 1) return;
      const text = parts.join("");
      parts = [];
      length = 0;
      if (text === "") continue;
      let value: unknown;
      try {
        value = JSON.parse(text);
      } catch (error) {
        return stop(error as Error);
      }
      if (typeof value !== "object" || value === null) return stop(new Error("line is no object"));
      events.onValue(value);
    }
  };
  const stop = (error: Error) => {
    socket.off("data", onData);
    events.onInvalid(error);
  };
  socket.on("data", onData);
}

export function writeJsonLine(socket: Socket, value: unknown): boolean {
  return socket.write(`${JSON.stringify(value)}\n`);
}

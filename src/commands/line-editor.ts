import { PassThrough, type Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";

const ctrlC = "\x03";
const ctrlD = "\x04";
const ctrlU = "\x15";
const longestLine = 4096;

export interface LineEditor {
  /** Lines as they were confirmed. */
  readonly lines: Readable;
  stop(): void;
}

/**
 * Makes lines of a raw terminal's keys, as the kernel does for a terminal that is not raw: echo, backspace, Ctrl-U, Ctrl-D.
 * `ssh -t` sends keys as they are pressed, and with Ctrl-C nobody but us can tell that it means to stop.
 */
export function createLineEditor(keys: Readable, echo: (text: string) => void, interrupt: () => void): LineEditor {
  const lines = new PassThrough();
  const decoder = new StringDecoder("utf8");
  let line: string[] = [];

  const erase = (count: number): void => {
    for (let i = 0; i < count && line.pop() !== undefined; i++) echo("\b \b");
  };
  const press = (key: string): void => {
    if (key === ctrlC) {
      echo("^C\r\n");
      interrupt();
    } else if (key === "\r" || key === "\n") {
      echo("\r\n");
      lines.write(`${line.join("")}\n`);
      line = [];
    } else if (key === "\x7f" || key === "\b") erase(1);
    else if (key === ctrlU) erase(line.length);
    else if (key === ctrlD && line.length === 0) lines.end();
    else if (key >= " " && line.length < longestLine) {
      line.push(key);
      echo(key);
    }
  };
  const onData = (chunk: Buffer): void => {
    for (const key of decoder.write(chunk)) if (!lines.writableEnded) press(key);
  };
  const onEnd = (): void => {
    if (!lines.writableEnded) lines.end(line.join(""));
  };
  keys.on("data", onData);
  keys.on("end", onEnd);
  return {
    lines,
    stop: () => {
      keys.off("data", onData);
      keys.off("end", onEnd);
      keys.pause();
      lines.destroy();
    },
  };
}

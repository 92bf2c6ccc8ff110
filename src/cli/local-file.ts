import { open } from "node:fs/promises";
import { resolve } from "node:path";
import { fromClient, largestFrame } from "./protocol.ts";

/** Sends the file that a command asked for, or why it cannot be had. */
export async function answerFile(
  path: string,
  send: (type: number, payload: Uint8Array | string) => void,
): Promise<void> {
  try {
    send(fromClient.file, await read(resolve(path)));
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "it does not exist" : message;
    send(fromClient.noFile, `Cannot read ${path}: ${reason}`);
  }
}

async function read(path: string): Promise<Buffer> {
  await using file = await open(path, "r");
  const { size } = await file.stat();
  if (size > largestFrame) throw new Error(`it is larger than ${largestFrame} bytes`);
  return await file.readFile();
}

import { Readable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import { UserError } from "../model/errors.ts";
import type { Caller } from "./command.ts";
import { writeIfOpen } from "./output.ts";
import type { Session } from "./session.ts";

/** Reads from the caller only when a command wants it to. */
export function createCaller(session: Session): Caller {
  const { stdin } = session;
  return {
    readFile: session.readFile,
    identity: { name: session.actor, local: session.local },
    hasTerminal: session.terminal !== undefined,
    input: () => Readable.from(chunksOf(stdin, session.signal), { objectMode: false }),
    readAll: async (limit) => {
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of chunksOf(stdin, session.signal)) {
        size += chunk.length;
        if (size > limit) throw new UserError("input-too-large", `Standard input is longer than ${limit} bytes`);
        chunks.push(chunk);
      }
      return Buffer.concat(chunks);
    },
    ask: async (question) => {
      writeIfOpen(session.stderr, question);
      const decoder = new StringDecoder("utf8");
      let text = "";
      for await (const chunk of chunksOf(stdin, session.signal)) {
        text += decoder.write(chunk);
        const end = text.indexOf("\n");
        if (end >= 0) return text.slice(0, end).replace(/\r$/, "");
        if (text.length > 4096) throw new UserError("input-too-large", "The answer is longer than a line can be");
      }
      if (question !== "") writeIfOpen(session.stderr, "\n");
      return text === "" ? undefined : text;
    },
  };
}

/** Ends when the caller hangs up: a stream that nobody ends would be waited for forever. */
async function* chunksOf(stdin: Readable, signal: AbortSignal): AsyncGenerator<Buffer> {
  signal.throwIfAborted();
  const iterator = stdin.iterator({ destroyOnReturn: false });
  let giveUp = (): void => {};
  const aborted = new Promise<never>((_, reject) => {
    giveUp = () => reject(signal.reason);
    signal.addEventListener("abort", giveUp, { once: true });
  });
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), aborted]);
      if (next.done === true) return;
      yield Buffer.from(next.value);
    }
  } finally {
    signal.removeEventListener("abort", giveUp);
  }
}

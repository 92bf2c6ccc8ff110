import { LineSplitter } from "./line-splitter.ts";

/** The lines of a byte stream, as LineSplitter cuts them. To stop reading early destroys a stream, as iterating one does. */
export async function* lines(source: AsyncIterable<Uint8Array>, limit?: number): AsyncGenerator<string> {
  let ready: string[] = [];
  const splitter = new LineSplitter((line) => ready.push(line), limit);
  for await (const chunk of source) {
    splitter.write(chunk);
    yield* ready;
    ready = [];
  }
  splitter.end();
  yield* ready;
}

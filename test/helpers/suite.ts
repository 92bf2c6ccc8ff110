import { after } from "node:test";
import type { CleanUp } from "./berth.ts";

/** Lets helpers that clean up after a test clean up after a whole suite instead. Call it inside `suite`. */
export function afterSuite(): CleanUp {
  const works: (() => Promise<void>)[] = [];
  after(async () => {
    for (const work of works.reverse()) await work();
  });
  return { after: (work) => void works.push(work) };
}

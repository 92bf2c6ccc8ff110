import type { TestContext } from "node:test";

export type CleanUp = Pick<TestContext, "after">;

const works = new WeakMap<CleanUp, (() => unknown)[]>();

/** After the test, in the reverse order: node's own `after` removes a folder before it ends the process that uses it. */
export function cleanUp(t: CleanUp, work: () => unknown): void {
  const present = works.get(t);
  if (present !== undefined) {
    present.push(work);
    return;
  }
  const all = [work];
  works.set(t, all);
  t.after(async () => {
    for (const each of all.reverse()) await each();
  });
}

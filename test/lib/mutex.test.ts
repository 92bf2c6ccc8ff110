import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { Mutex } from "../../src/lib/mutex.ts";

describe("Mutex", () => {
  it("runs one after the other, in order, whatever each takes", async () => {
    const mutex = new Mutex();
    const events: string[] = [];
    const work = (name: string, turns: number) => async () => {
      events.push(`${name} begins`);
      for (let turn = 0; turn < turns; turn++) await Promise.resolve();
      events.push(`${name} ends`);
      return name;
    };
    const results = await Promise.all([mutex.run(work("a", 20)), mutex.run(work("b", 1)), mutex.run(work("c", 5))]);
    assert.deepEqual(results, ["a", "b", "c"]);
    assert.deepEqual(events, ["a begins", "a ends", "b begins", "b ends", "c begins", "c ends"]);
  });

  it("gives an error to whom it belongs and goes on", async () => {
    const mutex = new Mutex();
    const rejected = mutex.run(() => Promise.reject(new Error("first")));
    const thrown = mutex.run(() => {
      throw new Error("second");
    });
    const fine = mutex.run(() => Promise.resolve("third"));
    await assert.rejects(rejected, /first/);
    await assert.rejects(thrown, /second/);
    assert.equal(await fine, "third");
  });

  it("does not begin at once, so that its caller sees nothing happen in between", () => {
    let begun = false;
    const result = new Mutex().run(async () => {
      begun = true;
    });
    assert.equal(begun, false);
    return result;
  });
});

import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { delay } from "../../src/lib/delay.ts";

describe("delay", () => {
  it("resolves after the time", async () => {
    const begun = performance.now();
    await delay(20);
    assert(performance.now() - begun >= 19);
  });

  it("throws the signal's own reason as soon as it aborts", async () => {
    const reason = new Error("the caller has gone");
    const controller = new AbortController();
    const waiting = delay(60_000, controller.signal);
    controller.abort(reason);
    await assert.rejects(waiting, reason);
    await assert.rejects(delay(60_000, controller.signal), reason);
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { pickBuilder } from "../../src/builders/pick-builder.ts";
import { FakeBuilder, fakeSource } from "../helpers/fake-builder.ts";

suite("Picking a builder", () => {
  const source = fakeSource({});
  const unfit = new FakeBuilder();
  unfit.detects = false;

  test("the first that fits is taken", async () => {
    const [one, two] = [new FakeBuilder(), new FakeBuilder()];
    assert.equal(await pickBuilder([unfit, one, two], source), one);
  });

  test("none that fits is the user's to mend, with what was tried", async () => {
    await assert.rejects(pickBuilder([unfit, unfit], source), { code: "no-builder", message: /Tried: fake, fake$/ });
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { Builder } from "../../src/builders/builder.ts";
import { pickBuilder } from "../../src/builders/pick-builder.ts";
import { FakeBuilder, fakeSource } from "../helpers/fake-builder.ts";

suite("Picking a builder", () => {
  const source = fakeSource({});
  const choice = { selected: "", config: {}, settings: { dockerfilePath: "Dockerfile", dockerOptions: [] } };
  const unfit = new FakeBuilder();
  unfit.detects = false;
  const named = (name: string, aliases: string[] = []): Builder => ({
    name,
    aliases,
    detect: async () => true,
    build: () => Promise.reject(new Error("not to be built")),
  });

  test("the first that fits is taken", async () => {
    const [one, two] = [new FakeBuilder(), new FakeBuilder()];
    assert.equal(await pickBuilder([unfit, one, two], source, choice), one);
  });

  test("none that fits is the user's to mend, with what was tried", async () => {
    await assert.rejects(pickBuilder([unfit, unfit], source, choice), {
      code: "no-builder",
      message: /Tried: fake, fake$/,
    });
  });

  test("what the user selected is taken by its name or Dokku's, whatever fits", async () => {
    const builders = [named("dockerfile"), named("buildpack", ["herokuish"])];
    for (const selected of ["buildpack", "herokuish"]) {
      assert.equal(await pickBuilder(builders, source, { ...choice, selected }), builders[1]);
    }
    await assert.rejects(pickBuilder(builders, source, { ...choice, selected: "pack" }), { code: "no-builder" });
  });

  test("an app that names buildpacks is built with them, Dockerfile or not", async () => {
    const builders = [named("dockerfile"), named("buildpack")];
    assert.equal(await pickBuilder(builders, source, choice), builders[0]);
    assert.equal(await pickBuilder(builders, fakeSource({ ".buildpacks": "" }), choice), builders[1]);
    const config = { BUILDPACK_URL: "https://example.com/x.git" };
    assert.equal(await pickBuilder(builders, source, { ...choice, config }), builders[1]);
  });
});

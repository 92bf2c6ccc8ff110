import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { suite, test } from "node:test";
import type { Release } from "../../src/model/release.ts";
import type { Runtime } from "../../src/model/runtime.ts";
import { whatToRun } from "../../src/operations/typed-run.ts";
import { release } from "../commands/harness.ts";

const app = { id: "id-shop", name: "shop", createdAt: 0, currentReleaseId: undefined, stopped: false };
const awkward = ["two words", "it's", '"$HOME"', "`x`", "$(x)", "*", "", "-n", "a;b", "ünï\nline"];

function runs(given: Partial<Release>, ...words: string[]) {
  return whatToRun(app, release({ config: {}, ...given }), words);
}

/** What the command prints; `\0` stands between words. */
function printed(command: readonly string[]): string[] {
  const [program = "", ...rest] = command;
  return execFileSync(program, rest, { encoding: "utf8" }).split("\0").slice(0, -1);
}

suite("run with a process type", () => {
  const lines = {
    print: "printf '%s\\0'",
    both: "printf '%s\\0' a && printf '%s\\0' \"$WORD\"",
    web: "serve $PORT",
    release: "x",
  };

  for (const [what, runtime] of [
    ["buildpacks", undefined],
    ["a Dockerfile", {} as Runtime],
  ] as const) {
    test(`runs the type's line in an image of ${what}, with the arguments behind it as they are`, () => {
      const given = { processTypes: lines, ...(runtime && { runtime }) };
      assert.deepEqual(printed(runs(given, "print", ...awkward).command), awkward);
      assert.deepEqual(printed(["env", "WORD=w", ...runs(given, "both").command]), ["a", "w"]);
      assert.deepEqual(printed(["env", "WORD=w", ...runs(given, "both", "x y").command]), ["a", "w", "x y"]);
    });
  }

  test("passes arguments to an entry point as words of their own", () => {
    const given = { processTypes: { console: "app.py --shell" }, runtime: {} };
    assert.deepEqual(runs(given, "console", "a b").command, ["app.py", "--shell", "a b"]);
  });

  test("has PORT for web, as a web dyno has", () => {
    assert.deepEqual(runs({ processTypes: lines }, "web").config, { PORT: "5000" });
    assert.deepEqual(runs({ processTypes: lines, runtime: { port: 8080 } }, "web").config, { PORT: "8080" });
    assert.deepEqual(runs({ processTypes: lines }, "release").config, {});
  });

  test("takes all words as the command if the first one is no type", () => {
    for (const word of ["bash", "constructor", "Web", ""]) {
      assert.deepEqual(runs({ processTypes: lines }, word, "x").command, [word, "x"]);
    }
  });

  test("runs the image's own command of a type without a line, which takes no arguments", () => {
    const given = { processTypes: { web: "" }, runtime: {} };
    assert.deepEqual(runs(given, "web").command, []);
    assert.deepEqual(runs(given, "web", "x").command, ["web", "x"]);
  });

  test("runs a service of a compose file with all that it has of its own, but its volumes", () => {
    const db = {
      ...{ image: "berth-x/shop:1-db", command: ["db", "--fast"], entrypoint: ["/run"], user: "7", workingDir: "/d" },
      ...{ environment: { MODE: "x" }, aliases: ["db"], volumes: [{ name: "v", target: "/v", readOnly: false }] },
    };
    const given = { processTypes: { web: "", db: "" }, runtime: { services: { db } } };
    assert.deepEqual(runs(given, "db", "now"), {
      ...{ image: "berth-x/shop:1-db", command: ["db", "--fast", "now"], ownImage: true, joins: "id-shop" },
      ...{ process: { entrypoint: ["/run"], user: "7", workingDir: "/d" }, config: { MODE: "x" } },
    });
    const plain = runs(given, "ls");
    assert.deepEqual([plain.image, plain.command, plain.process], ["berth-test/shop:1", ["ls"], undefined]);
  });
});

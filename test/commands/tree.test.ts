import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { commands, namespaces } from "../../src/commands/tree.ts";

const folder = join(import.meta.dirname, "../../src/commands");

describe("the command tree", () => {
  test("has each command in the file that its name says", () => {
    for (const { name } of commands) {
      assert.ok(existsSync(join(folder, `${name.replace(":", "/")}.ts`)), name);
    }
  });

  test("has every command file", () => {
    const listed = new Set(commands.map(({ name }) => `${name.replace(":", "/")}.ts`));
    for (const file of readdirSync(folder, { recursive: true, encoding: "utf8" })) {
      if (/^[a-z-]+\/.*\.ts$/.test(file)) assert.ok(listed.has(file), `${file} is not in the tree`);
    }
  });

  test("has each name once, and its positionals, options and groups fit", () => {
    const names = commands.flatMap(({ name, aliases }) => [name, ...(aliases ?? [])]);
    assert.equal(new Set(names).size, names.length);
    for (const command of commands) {
      const places = [...(command.positionals ?? []), ...Object.keys(command.options ?? {})];
      if (command.otherFlags !== undefined) places.push(command.otherFlags);
      assert.deepEqual(places.sort(), Object.keys(command.input).sort(), command.name);
      const [namespace] = command.name.split(":");
      if (command.name.includes(":")) assert.ok(Object.hasOwn(namespaces, namespace ?? ""), command.name);
      assert.match(command.summary, /^[A-Z].*[^.]$/);
    }
  });

  test("reaches nothing but operations: no command imports a store, an engine or the file system", () => {
    for (const { name } of commands) {
      const text = readFileSync(join(folder, `${name.replace(":", "/")}.ts`), "utf8");
      assert.doesNotMatch(text, /from "(node:|.*\/(store|docker|git|schedulers|routing)\/)/, name);
    }
  });
});

import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { loadSettings } from "../../src/config/load.ts";
import { configReference, referenceBegin, referenceEnd, withConfigReference } from "../../src/config/reference.ts";
import { settingList } from "../../src/config/schema.ts";

const readme = new URL("../../README.md", import.meta.url);

describe("the configuration reference", () => {
  test("in the README is the current one (node scripts/config-reference.ts --write)", {
    skip: existsSync(readme) ? false : "there is no README yet",
  }, () => {
    const text = readFileSync(readme, "utf8");
    assert.equal(text, withConfigReference(text));
  });

  test("replaces what is between its markers and nothing else", () => {
    const text = withConfigReference(`before\n${referenceBegin}\nold\n${referenceEnd}\nafter\n`);
    assert.equal(text, `before\n${referenceBegin}\n${configReference()}\n${referenceEnd}\nafter\n`);
    assert.throws(() => withConfigReference("no markers"), /needs <!-- config:begin -->/);
  });

  test("its example file is a valid one", async () => {
    const folder = await mkdtemp(join(tmpdir(), "berth-reference-"));
    try {
      const [, example] = /```yaml\n([\s\S]*?)```/.exec(configReference()) ?? [];
      const path = join(folder, "berth.yml");
      await writeFile(path, example ?? "");
      const settings = await loadSettings(["--root", folder], {});
      assert.equal(settings.domain, "apps.example.com");
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  });

  test("every default and example fits its own rule", () => {
    for (const [name, setting] of settingList) {
      assert.notEqual(setting.rule.parse(setting.example), undefined, `example of ${name}`);
      if (setting.default !== undefined) assert.notEqual(setting.rule.parse(setting.default), undefined, name);
    }
  });
});

import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runOk } from "../helpers/berth.ts";

const library = join(import.meta.dirname, "../../scripts/image/build/lib/buildpack.sh");

test("config vars reach the programs of a build as they are, and no variable of the buildpack or the shell", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-library-"));
  t.after(() => rm(folder, { recursive: true }));
  const config = {
    GREETING: " two\nlines\n",
    manager: "theirs",
    UID: "0",
    IFS: "x",
    PATH: "/theirs",
    "a-b": "x",
    KNOWN: "new",
  };
  await mkdir(join(folder, "env"));
  for (const [name, value] of Object.entries(config)) await writeFile(join(folder, "env", name), value);
  const script = `set -eu; env_dir=$1; manager=ours; export KNOWN=old; . "$2"; export_config
    printf '%s|' "$GREETING" "$manager" "$KNOWN"; env | { grep -cE '^(manager|UID|IFS|a-b)=' || :; }; [[ $PATH != /theirs ]]`;
  const output = await runOk("bash", ["-c", script, "bash", join(folder, "env"), library]);
  assert.equal(output, " two\nlines\n|ours|new|0\n");
});

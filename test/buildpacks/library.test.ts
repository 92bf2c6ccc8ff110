import assert from "node:assert/strict";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { runOk } from "../helpers/berth.ts";

const folderOfLibraries = join(import.meta.dirname, "../../scripts/image/build/lib");
const library = join(folderOfLibraries, "buildpack.sh");

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

test("apt is asked for the version of a package once, until its lists change", async (t) => {
  const folder = await mkdtemp(join(tmpdir(), "berth-library-"));
  t.after(() => rm(folder, { recursive: true }));
  const script = `set -eu -o pipefail; cache_dir=$1; . "$2"; mkdir "$1/apt"; echo > "$1/apt/updated"
    debs_update() { return "\${unreachable:-0}"; }
    debs_apt() { echo "asked for \${*: -1}" >&3; printf 'php:\\n  Installed: 9\\n  Candidate: %s\\nnone:\\n  Candidate: (none)\\n' "$version"; }
    exec 3>&1
    version=8.1 debs_candidate php; version=8.2 debs_candidate php; version=8.2 debs_available other
    unreachable=1 version=8.3 debs_candidate php; sleep 0.1; echo > "$1/apt/updated"; version=8.4 debs_versions php
    version="(none)" debs_candidate gone || version=1 debs_candidate gone`;
  const output = await runOk("bash", ["-c", script, "bash", folder, join(folderOfLibraries, "debs.sh")]);
  assert.deepEqual(output.trimEnd().split("\n"), [
    ...["asked for php", "8.1", "8.1", "asked for other", "php"],
    ...["asked for php", "8.3", "asked for php", "php 8.4"],
    ...["asked for gone", "asked for gone", "1"],
  ]);
});

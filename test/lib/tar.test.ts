import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { test } from "node:test";
import { makeTar } from "../../src/lib/tar.ts";

test("tar(1) reads the archive: names, contents, modes and owners", () => {
  const long = `env/${"N".repeat(200)}`;
  const owner = { uid: 32767, gid: 32767 };
  const archive = makeTar([
    { name: "env/", mode: 0o700, ...owner },
    { name: "env/A", content: "one\ntwo", mode: 0o600, ...owner },
    { name: "env/EMPTY", content: "", mode: 0o600, ...owner },
    { name: long, content: "x".repeat(512), mode: 0o600, ...owner },
    { name: "env/ü", content: "ü", mode: 0o644, ...owner },
  ]);
  const listed = execFileSync("tar", ["-tv", "--numeric-owner", "--quoting-style=literal"], {
    input: archive,
    encoding: "utf8",
  });
  const rows = listed
    .trim()
    .split("\n")
    .map((row) => row.split(/\s+/));
  assert.deepEqual(
    rows.map(([mode, user, size, , , name]) => [mode, user, size, name]),
    [
      ["drwx------", "32767/32767", "0", "env/"],
      ["-rw-------", "32767/32767", "7", "env/A"],
      ["-rw-------", "32767/32767", "0", "env/EMPTY"],
      ["-rw-------", "32767/32767", "512", long],
      ["-rw-r--r--", "32767/32767", "2", "env/ü"],
    ],
  );
  assert.equal(execFileSync("tar", ["-xO", "env/A"], { input: archive, encoding: "utf8" }), "one\ntwo");
});

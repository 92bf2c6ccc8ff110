import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { buildpackName, parseBuildpack } from "../../src/model/buildpack-reference.ts";

const official = "https://github.com/heroku/heroku-buildpack-NAME.git";
const read = (text: string) => parseBuildpack(text, official);

suite("What names a buildpack", () => {
  const sha256 = "ab".repeat(32);
  for (const [text, expected] of [
    ["nodejs", { kind: "own", name: "nodejs" }],
    ["berth/nodejs", { kind: "own", name: "nodejs" }],
    ["./build/pack", { kind: "app", path: "build/pack" }],
    ["heroku/python", { kind: "git", url: "https://github.com/heroku/heroku-buildpack-python.git", ref: undefined }],
    ["heroku-community/apt#v2", { kind: "git", url: "https://github.com/heroku/heroku-buildpack-apt.git", ref: "v2" }],
    ["someone/ffmpeg", { kind: "git", url: "https://github.com/someone/heroku-buildpack-ffmpeg.git", ref: undefined }],
    ["https://h.test/x", { kind: "git", url: "https://h.test/x", ref: undefined }],
    ["git@h.test:a/b.git#main", { kind: "git", url: "git@h.test:a/b.git", ref: "main" }],
    ["ssh://git@h.test/b#feature/x", { kind: "git", url: "ssh://git@h.test/b", ref: "feature/x" }],
    ["https://h.test/x.tgz?a=1", { kind: "archive", url: "https://h.test/x.tgz?a=1", sha256: undefined }],
    [`https://h.test/x.tar.gz#sha256=${sha256}`, { kind: "archive", url: "https://h.test/x.tar.gz", sha256 }],
    ["/srv/packs/a", { kind: "host", path: "/srv/packs/a", ref: undefined }],
    ["file:///srv/packs/a#v1", { kind: "host", path: "/srv/packs/a", ref: "v1" }],
  ] as const) {
    test(`is understood: ${text}`, () => assert.deepEqual(read(text), expected));
  }

  for (const text of [
    "",
    "a b",
    "--upload-pack=x",
    "ext::sh -c x",
    "ext://x/y",
    "git@-oProxyCommand=x:y",
    "https://",
    "https://h.test/x#--upload-pack",
    "https://h.test/x#a..b",
    "https://h.test/x.tgz#v1",
    "./../x",
    "./",
    "what is this",
    "a/b/c",
    "https://h.test/\u001b[31m",
  ]) {
    test(`is refused: ${JSON.stringify(text)}`, () => {
      assert.throws(() => read(text), { code: "invalid-buildpack" });
    });
  }

  test("official ones are where the host says", () => {
    const at = (address: string) => parseBuildpack("heroku/go#v3", address);
    assert.deepEqual(at("/srv/NAME.git"), { kind: "host", path: "/srv/go.git", ref: "v3" });
    assert.deepEqual(at("https://m.test/NAME"), { kind: "git", url: "https://m.test/go", ref: "v3" });
  });

  test("passwords are in no message", () => {
    assert.throws(
      () => read("https://user:secret@h.test/x#?"),
      (error: Error) => error.message.includes("***@h.test") && !error.message.includes("secret"),
    );
  });

  test("a short name is made of the address", () => {
    const names = ["heroku/python", "https://h.test/a/buildpack-x.tgz", "git@h.test:b.git", "./packs/in", "go"];
    assert.deepEqual(
      names.map((text) => buildpackName(read(text))),
      ["python", "x", "b", "in", "go"],
    );
  });
});

import assert from "node:assert/strict";
import { PassThrough, Writable } from "node:stream";
import { describe, test } from "node:test";
import { readHookCall } from "../../src/git/hook-call.ts";
import { checkRefs, decidePush, type RefUpdate } from "../../src/git/push-decision.ts";
import { createPushOutput } from "../../src/git/push-output.ts";
import { parseSubmoduleMap, submoduleUrl } from "../../src/git/submodule-map.ts";
import { joinTars } from "../../src/git/tar-join.ts";
import { withoutPassword } from "../../src/lib/printable.ts";
import { makeTar } from "../../src/lib/tar.ts";

const zeros = "0".repeat(40);
const id = (digit: string): string => digit.repeat(40);
const make = (ref: string, after = id("a")): RefUpdate => ({ before: zeros, after, ref });
const change = (ref: string, after = id("b")): RefUpdate => ({ before: id("a"), after, ref });
const remove = (ref: string): RefUpdate => ({ before: id("a"), after: zeros, ref });

describe("what a push means", () => {
  const deploys: [string, RefUpdate[], string | undefined, { branch: string; commit: string; isFirst: boolean }][] = [
    ["main of a new app", [make("refs/heads/main")], undefined, { branch: "main", commit: id("a"), isFirst: true }],
    [
      "master of a new app",
      [make("refs/heads/master")],
      undefined,
      { branch: "master", commit: id("a"), isFirst: true },
    ],
    [
      "main before master",
      [make("refs/heads/master"), make("refs/heads/main", id("c"))],
      undefined,
      { branch: "main", commit: id("c"), isFirst: true },
    ],
    [
      "the branch that was set",
      [change("refs/heads/live")],
      "live",
      { branch: "live", commit: id("b"), isFirst: false },
    ],
    [
      "it among others, with tags and deletions",
      [remove("refs/heads/x"), make("refs/tags/main"), make("refs/heads/main/x"), change("refs/heads/live")],
      "live",
      { branch: "live", commit: id("b"), isFirst: false },
    ],
  ];
  for (const [name, updates, branch, expected] of deploys) {
    test(`${name} is deployed`, () => {
      assert.deepEqual(decidePush("app", updates, branch), { kind: "deploy", ...expected });
    });
  }

  const keeps: [string, RefUpdate[], string | undefined, RegExp, RegExp][] = [
    [
      "another branch",
      [make("refs/heads/x")],
      "main",
      /'x' was pushed, and app is deployed from 'main'/,
      /push berth x:main$/,
    ],
    ["another branch of a new app", [make("refs/heads/x")], undefined, /deployed from 'main'/, /x:main$/],
    ["main where another was set", [make("refs/heads/main")], "live", /deployed from 'live'/, /main:live$/],
    ["a tag", [make("refs/tags/v1")], "main", /only tags were pushed/, /v1\^\{\}:main$/],
    ["a tag named like the branch", [make("refs/tags/main")], "main", /only tags were pushed/, /main\^\{\}:main$/],
  ];
  for (const [name, updates, branch, notice, advice] of keeps) {
    test(`${name} is kept and explained`, () => {
      const decision = decidePush("app", updates, branch);
      assert.equal(decision.kind, "keep");
      assert.match((decision.kind === "keep" && decision.notice) || "", notice);
      assert.match((decision.kind === "keep" && decision.advice) || "", advice);
    });
  }

  test("deleting other branches needs no words", () => {
    const kept = { kind: "keep", notice: undefined, advice: undefined };
    assert.deepEqual(decidePush("app", [remove("refs/heads/x"), remove("refs/tags/v1")], "main"), kept);
    assert.deepEqual(decidePush("app", [remove("refs/heads/main")], undefined), kept);
  });

  test("deleting the deploy branch is refused, whatever else is pushed", () => {
    const updates = [make("refs/heads/x"), remove("refs/heads/main")];
    assert.throws(() => decidePush("app", updates, "main"), { code: "deploy-branch-deleted" });
  });

  test("only branches and tags are taken", () => {
    checkRefs([make("refs/heads/a"), make("refs/tags/b"), remove("refs/heads/c")]);
    for (const ref of ["refs/notes/x", "refs/meta/config", "refs/headsx/y", "HEAD", "refs/remotes/origin/x"]) {
      assert.throws(() => checkRefs([make("refs/heads/a"), make(ref)]), { code: "ref-refused" });
    }
  });
});

describe("the hook's call", () => {
  const hook = async (...chunks: string[]) => {
    const stream = new PassThrough();
    const call = readHookCall(stream);
    for (const chunk of chunks) stream.write(chunk);
    stream.end();
    return await call;
  };
  const environment = "GIT_OBJECT_DIRECTORY=/r/objects/in\nGIT_ALTERNATE_OBJECT_DIRECTORIES=/r/objects:/x\n\n";

  test("is read in whatever pieces it comes", async () => {
    const line = `${zeros} ${id("a")} refs/heads/main\n`;
    const expected = {
      quarantine: { objectDirectory: "/r/objects/in", alternates: "/r/objects:/x" },
      updates: [make("refs/heads/main")],
    };
    assert.deepEqual(await hook(environment + line, "\n"), expected);
    assert.deepEqual(await hook(...`${environment}${line}\n`), expected);
  });

  test("without objects has no quarantine", async () => {
    const call = await hook(`GIT_OBJECT_DIRECTORY=\n\n${id("a")} ${zeros} refs/heads/x\n\n`);
    assert.equal(call?.quarantine, undefined);
    assert.deepEqual(call?.updates, [remove("refs/heads/x")]);
  });

  test("that is cut off is none", async () => {
    assert.equal(await hook(environment, `${zeros} ${id("a")} refs/heads/main\n`), undefined);
    assert.equal(await hook(), undefined);
  });

  test("of more refs than anybody has is an error", async () => {
    await assert.rejects(
      hook(environment, `${zeros} ${id("a")} refs/heads/x\n`.repeat(50_001)),
      /more than 50000 refs/,
    );
  });
});

describe("output to a slow client", () => {
  test("is cut and counted, but for the lines that must arrive", () => {
    const written: string[] = [];
    const stalled = new Writable({ highWaterMark: 1, write: () => undefined });
    const write = stalled.write.bind(stalled);
    stalled.write = ((text: string) => {
      written.push(text);
      return write(text);
    }) as typeof stalled.write;
    const output = createPushOutput(stalled, 10);
    output.write("12345\n");
    output.write("1234567890\n");
    output.write("lost\nlost\n");
    output.write("lost\n");
    output.insist("last\n");
    assert.deepEqual(
      written.map((text) => text.trim()),
      ["12345", "1234567890", "(3 lines were left out here: the connection was too slow for them)", "last"],
    );
    stalled.destroy();
    output.insist("to nobody\n");
  });
});

describe("submodule addresses", () => {
  test("come from .gitmodules, whatever the submodule's name", () => {
    const listing =
      "submodule.a.b.path\nlib/a/\0submodule.a.b.url\nhttps://x/a\0submodule.c.path\nc\0core.x\ny\0submodule.d.url\nu\0";
    assert.deepEqual([...parseSubmoduleMap(listing)], [["lib/a", "https://x/a"]]);
  });

  const allowed = [
    "https://host/x.git",
    "http://127.0.0.1:8080/x",
    "git://host/x",
    "ssh://git@host:22/x.git",
    "git@github.com:a/b.git",
    "https://user:word@host/x",
  ];
  for (const url of allowed) {
    test(`${url} is fetched`, () => assert.equal(submoduleUrl("lib", new Map([["lib", url]])), url));
  }

  const refused = [
    "file:///etc",
    "/etc",
    "etc",
    "./x",
    "../x",
    "..",
    "ext::sh -c id",
    "ext::sh",
    "fd::3",
    "-x",
    "--upload-pack=id",
    "git@-oProxyCommand=id:x",
    "-oProxyCommand=id@host:x",
    "https:host",
    "HTTPS://host/x y",
    "https://host/x\ny",
    "C:\\x",
    "transport::https://host/x",
    "",
  ];
  for (const url of refused) {
    test(`${JSON.stringify(url)} is not`, () => {
      assert.throws(() => submoduleUrl("lib", new Map([["lib", url]])), { code: "invalid-submodule" });
    });
  }

  for (const path of ["../x", "a/../../x", ".git", "a/.GIT/hooks", "git~1", "a//b", "/etc", ".", ".git ./x"]) {
    test(`a submodule at ${JSON.stringify(path)} is not allowed`, () => {
      assert.throws(() => submoduleUrl(path, new Map([[path, "https://host/x"]])), { code: "invalid-submodule" });
    });
  }

  test("are shown without passwords", () => {
    assert.equal(withoutPassword("from https://u:p@h/x and ssh://git@h/y"), "from https://***@h/x and ssh://***@h/y");
  });
});

describe("joined archives", () => {
  const tar = (name: string, content: string) => makeTar([{ name, content, mode: 0o644, uid: 0, gid: 0 }]);
  const streamOf = (bytes: Buffer, size: number) => () => {
    const stream = new PassThrough();
    for (let at = 0; at < bytes.length; at += size) stream.write(bytes.subarray(at, at + size));
    return stream.end();
  };
  const join = async (...archives: (() => PassThrough)[]): Promise<Buffer> => {
    const chunks: Buffer[] = [];
    for await (const chunk of joinTars(archives)) chunks.push(chunk);
    return Buffer.concat(chunks);
  };

  test("have the entries of all and one end, however the bytes come", async () => {
    const [first, second] = [tar("a", "x".repeat(700)), tar("b", "")];
    const expected = Buffer.concat([first.subarray(0, -1024), second]);
    for (const size of [1, 100, 512, 1000, 1 << 20]) {
      assert.ok((await join(streamOf(first, size), streamOf(second, size))).equals(expected), `${size}`);
    }
  });

  test("that are cut off or no archives are errors", async () => {
    await assert.rejects(join(streamOf(tar("a", "x").subarray(0, 700), 512)), /ends too early/);
    await assert.rejects(join(streamOf(Buffer.alloc(2048, "x"), 512)), /cannot be read/);
  });
});

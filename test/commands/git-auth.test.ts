import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { suite, test } from "node:test";
import type { GitCredentials } from "../../src/git/credentials.ts";
import { commandLine } from "./harness.ts";

function setUp() {
  const entries = new Map<string, { user: string; password: string }>([["set.test", { user: "ann", password: "pw" }]]);
  const gitCredentials = {
    password: async (host: string) => entries.get(host),
    setPassword: async (host: string, user: string, password: string) => void entries.set(host, { user, password }),
    removePassword: async (host: string) => entries.delete(host),
  } as Partial<GitCredentials> as GitCredentials;
  return { line: commandLine({ gitCredentials }), entries };
}

suite("git:auth", () => {
  test("takes the password as a word, or from standard input when it is omitted or -", async () => {
    for (const [words, input] of [
      [["pw word"], undefined],
      [[], "pw word"],
      [[], "pw word\n"],
      [["-"], "pw word\r\nmore"],
    ] as const) {
      const { line, entries } = setUp();
      const session = input === undefined ? {} : { input };
      const ran = await line(["git:auth", "new.test", "bob", ...words], session);
      assert.deepEqual([ran.code, entries.get("new.test")], [0, { user: "bob", password: "pw word" }]);
      assert.equal(ran.both, "=====> Setting git auth config for new.test\n");
    }
  });

  test("asks for the password on a terminal", async () => {
    const { line, entries } = setUp();
    const stdin = new PassThrough();
    stdin.write("secret\n");
    const terminal = { name: "xterm", size: { columns: 80, rows: 24 }, onResize: () => () => undefined };
    const ran = await line(["git:auth", "new.test", "bob"], { stdin, terminal });
    assert.match(ran.stderr, /^Password: /);
    assert.equal(entries.get("new.test")?.password, "secret");
  });

  test("says how to give a password that is missing, and changes nothing", async () => {
    const { line, entries } = setUp();
    for (const input of ["", "\n"]) {
      const ran = await line(["git:auth", "set.test", "bob"], { input });
      assert.equal(ran.code, 1);
      assert.match(ran.stderr, /Missing password.*\n.*standard input/);
    }
    assert.deepEqual(entries.get("set.test"), { user: "ann", password: "pw" });
  });

  test("forgets a host without reading anything", async () => {
    const { line, entries } = setUp();
    assert.equal((await line(["git:auth", "set.test"])).code, 0);
    assert.equal(entries.size, 0);
  });
});

suite("git:auth-status", () => {
  const cases = [
    { words: ["set.test", "ann", "pw"], code: 0 },
    { words: ["set.test", "ann"], input: "pw\n", code: 0 },
    { words: ["set.test", "ann", "-"], input: "pw", code: 0 },
    { words: ["none.test"], code: 0 },
    { words: ["none.test", "ann", "pw"], code: 1 },
    { words: ["set.test", "ann", "other"], code: 2 },
    { words: ["set.test", "bob", "pw"], code: 2 },
    { words: ["set.test"], code: 2 },
    { words: ["set.test", "ann"], input: "", code: 3 },
    { words: [], code: 3 },
    { words: ["set.test", "ann", "pw", "more"], code: 3 },
    { words: ["set.test", "--nope"], code: 3 },
  ];
  for (const { words, input, code } of cases) {
    test(`exits ${code} for '${words.join(" ")}'${input === undefined ? "" : ` and ${JSON.stringify(input)}`}`, async () => {
      const { line } = setUp();
      const ran = await line(["git:auth-status", ...words], input === undefined ? {} : { input });
      assert.equal(ran.code, code, ran.both);
      assert.ok(!ran.both.includes("pw"));
    });
  }
});

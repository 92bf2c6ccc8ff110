import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { describe, test } from "node:test";
import type { ConfigVars } from "../../src/model/app.ts";
import { commandLine, requireApp } from "./harness.ts";

const vars: ConfigVars = { A: "1", LONG_NAME: "two words", QUOTED: `it's "$HOME" \`x\` \\ end`, LINES: "one\ntwo\n" };
const run = commandLine({ config: async () => vars });

describe("config:show", () => {
  test("shows columns under a heading; a line end is drawn, not printed", async () => {
    const shown = await run(["config:show", "shop"]);
    assert.equal(
      shown.stdout,
      "=====> shop env vars\n" +
        "A:          1\n" +
        "LONG_NAME:  two words\n" +
        `QUOTED:     it's "$HOME" \`x\` \\ end\n` +
        "LINES:      one␊two␊\n",
    );
    assert.equal((await run(["config", "shop"])).stdout, shown.stdout);
    assert.doesNotMatch((await run(["config", "shop", "--quiet"])).stdout, /=====>/);
  });

  test("is a map in JSON", async () => {
    assert.deepEqual(JSON.parse((await run(["config:show", "shop", "--format", "json"])).stdout), vars);
  });
});

describe("config:get", () => {
  test("prints the value as it is", async () => {
    assert.equal((await run(["config:get", "shop", "LINES"])).stdout, "one\ntwo\n\n");
    assert.equal((await run(["config:get", "shop", "LONG_NAME"])).stdout, "two words\n");
  });

  test("prints nothing and ends with code 1 for what is not set", async () => {
    for (const key of ["NOPE", "toString", "__proto__"]) {
      assert.deepEqual(await run(["config:get", "shop", key]).then(({ code, both }) => [code, both]), [1, ""]);
    }
  });

  test("quotes for a shell", async () => {
    const { stdout } = await run(["config:get", "--quoted", "shop", "QUOTED"]);
    assert.equal(execFileSync("/bin/sh", ["-c", `printf %s ${stdout}`], { encoding: "utf8" }), vars.QUOTED);
  });
});

describe("config:keys", () => {
  test("lists the names", async () => {
    assert.equal((await run(["config:keys", "shop"])).stdout, "A\nLONG_NAME\nQUOTED\nLINES\n");
    assert.equal(
      (await run(["config:keys", "shop", "--format", "json"])).stdout,
      '["A","LONG_NAME","QUOTED","LINES"]\n',
    );
  });
});

describe("config:export", () => {
  const exported = async (format?: string): Promise<string> =>
    (await run(["config:export", "shop", ...(format === undefined ? [] : ["--format", format])])).stdout;

  test("gives a shell every value as it is", async () => {
    const text = await exported();
    assert.match(text, /^export A='1'\nexport LONG_NAME='two words'\n/);
    for (const [key, value] of Object.entries(vars)) {
      const script = `${text}\nprintf '%s.' "$${key}"`;
      assert.equal(execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" }), `${value}.`);
    }
    assert.match(await exported("shell"), /^A='1' LONG_NAME='two words' /);
  });

  test("has Dokku's other formats", async () => {
    assert.match(await exported("envfile"), /^A="1"\nLONG_NAME="two words"\n.*\nLINES="one\\ntwo\\n"\n$/);
    assert.deepEqual(JSON.parse(await exported("json")), vars);
    assert.deepEqual(JSON.parse(await exported("json-list"))[0], { name: "A", value: "1" });
    assert.match(await exported("pretty"), /^A: {10}1\n/);
    assert.match(await exported("docker-args"), /^--env=A='1' --env=LONG_NAME='two words' /);
    assert.equal(await exported("docker-args-keys"), "--env=A --env=LONG_NAME --env=QUOTED --env=LINES\n");
    assert.equal(await exported("pack-keys"), "--env A --env LONG_NAME --env QUOTED --env LINES\n");
  });
});

describe("config:set", () => {
  function setUp() {
    const seen: { app: string; vars: ConfigVars; restart: boolean }[] = [];
    const line = commandLine({
      requireApp: requireApp("shop"),
      setConfig: async (input, job) => {
        seen.push(input);
        if (input.restart) job.progress.step("Restarting app shop");
        return undefined;
      },
    });
    return { line, seen };
  }

  test("shows the names that it sets and masks the values, then shows the restart", async () => {
    const { line, seen } = setUp();
    const ran = await line(["config:set", "shop", "A=1", "LONGER=two words"]);
    assert.equal(
      ran.stdout,
      "-----> Setting config vars\n       A:       *******\n       LONGER:  *******\n-----> Restarting app shop\n",
    );
    assert.deepEqual(seen, [{ app: "shop", vars: { A: "1", LONGER: "two words" }, restart: true }]);
  });

  test("prints neither names nor values with --quiet", async () => {
    const { line, seen } = setUp();
    for (const words of [
      ["--quiet", "config:set", "shop", "TOKEN=hunter2"],
      ["config:set", "shop", "--quiet", "TOKEN=hunter2"],
      ["config:set", "--quiet", "--encoded", "shop", `TOKEN=${Buffer.from("hunter2").toString("base64")}`],
    ]) {
      assert.equal((await line(words)).both, "-----> Restarting app shop\n");
    }
    assert.equal((await line(["config:set", "shop", "--no-restart", "--quiet", "TOKEN=hunter2"])).both, "");
    assert.ok(seen.every((input) => input.vars.TOKEN === "hunter2"));
  });

  test("keeps blanks, quotes, line ends and = in values", async () => {
    const { line, seen } = setUp();
    const values = {
      A: "x y",
      B: `q"u'o`,
      C: "one\ntwo",
      D: "a=b==c",
      E: "",
      F: "  ",
      G: "--force",
      H: "-n",
      I: "ünï €",
    };
    await line(["config:set", "shop", ...Object.entries(values).map(([key, value]) => `${key}=${value}`)]);
    assert.deepEqual(seen[0]?.vars, values);
  });

  test("takes --no-restart and --encoded anywhere", async () => {
    const { line, seen } = setUp();
    const encoded = Buffer.from("one\ntwo").toString("base64");
    await line(["config:set", "--no-restart", "shop", "--encoded", `A=${encoded}`, `B=${encoded.replace(/=+$/, "")}`]);
    assert.deepEqual(seen, [{ app: "shop", vars: { A: "one\ntwo", B: "one\ntwo" }, restart: false }]);
  });

  test("refuses what is no pair before it sets anything", async () => {
    const { line, seen } = setUp();
    const cases = [
      [["config:set", "shop"], "At least one env pair must be given"],
      [["config:set", "shop", "A=1", "B"], "Invalid env pair: B"],
      [["config:set", "shop", "=x"], "Invalid env pair: =x"],
      [["config:set", "shop", "1A=x"], "Invalid key name: '1A'"],
      [["config:set", "shop", "A-B=x"], "Invalid key name: 'A-B'"],
      [["config:set", "--encoded", "shop", "A=not base64!"], "The value of A is not base64 of UTF-8 text"],
      [["config:set", "--encoded", "shop", "A=/w=="], "The value of A is not base64 of UTF-8 text"],
    ] as const;
    for (const [words, message] of cases) {
      const ran = await line(words);
      assert.deepEqual([ran.code, ran.stderr.split("\n")[0]], [1, ` !     ${message}`]);
    }
    assert.deepEqual(seen, []);
  });

  test("says that the app is missing before anything else", async () => {
    const { line } = setUp();
    const ran = await line(["config:set", "blog", "A=1"]);
    assert.deepEqual([ran.code, ran.both], [20, " !     App blog does not exist\n"]);
  });
});

describe("config:unset", () => {
  test("names each key", async () => {
    const seen: unknown[] = [];
    const line = commandLine({
      requireApp: requireApp("shop"),
      unsetConfig: async (input) => {
        seen.push(input);
        return undefined;
      },
    });
    const ran = await line(["config:unset", "shop", "A", "B", "--no-restart"]);
    assert.equal(ran.stdout, "-----> Unsetting A\n-----> Unsetting B\n");
    assert.deepEqual(seen, [{ app: "shop", keys: ["A", "B"], restart: false }]);
    assert.match((await line(["config:unset", "shop"])).stderr, /^ ! {5}At least one key must be given\n/);
  });
});

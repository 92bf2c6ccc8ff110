import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { parse } from "../../src/commands/program.ts";
import { UserError } from "../../src/model/errors.ts";
import { commandLine, requireApp } from "./harness.ts";

const listApps = async () => [await requireApp("shop")({ app: "shop" }), await requireApp("blog")({ app: "blog" })];

describe("a command line", () => {
  test("that names no command is answered in two lines as Dokku does, with the nearest name", async () => {
    const ran = await commandLine({})(["apps:lst"]);
    assert.equal(ran.code, 1);
    assert.equal(
      ran.stderr,
      " !     `apps:lst` is not a berth command.\n" +
        " !     See `berth help` for a list of available commands.\n" +
        " !     Did you mean `berth apps:list`?\n",
    );
    assert.equal((await commandLine({})(["frobnicate", "--all", "-x"])).stderr.split("\n").length, 3);
    assert.equal((await commandLine({})(["apps:"])).code, 1);
    assert.equal((await commandLine({})([""])).code, 1);
    assert.equal((await commandLine({})(["__proto__"])).code, 1);
    assert.equal((await commandLine({})(["constructor:help"])).code, 1);
  });

  test("without an app says so, with the usage", async () => {
    const ran = await commandLine({})(["apps:create"]);
    assert.equal(ran.code, 1);
    assert.equal(
      ran.stderr,
      " !     Please specify an app to run the command on\n !     Usage: berth apps:create <app>\n",
    );
  });

  test("with a missing or an extra argument says which", async () => {
    const few = await commandLine({})(["config:get", "shop"]);
    assert.equal(few.stderr.split("\n")[0], " !     Missing argument: <key>");
    const many = await commandLine({})(["apps:create", "shop", "extra"]);
    assert.equal(many.stderr.split("\n")[0], " !     Unexpected argument: extra");
    assert.deepEqual([few.code, many.code], [1, 1]);
  });

  test("with an unknown flag ends with code 2 and suggests the right one", async () => {
    const near = await commandLine({})(["ps:scale", "shop", "--skip-deplo"]);
    assert.deepEqual(
      [near.code, near.stderr],
      [2, " !     Unknown flag: '--skip-deplo'\n !     Did you mean --skip-deploy?\n"],
    );
    const far = await commandLine({})(["apps:create", "--zzz", "shop"]);
    assert.deepEqual(
      [far.code, far.stderr],
      [2, " !     Unknown flag: '--zzz'\n !     Usage: berth apps:create <app>\n"],
    );
    assert.equal((await commandLine({})(["--zzz"])).code, 2);
    assert.equal((await commandLine({})(["logs", "shop", "-n"])).code, 2);
  });

  test("never ends the process, whatever it is", async () => {
    const exit = process.exit;
    let exits = 0;
    process.exit = (() => {
      exits++;
    }) as unknown as typeof process.exit;
    try {
      const lines = [
        [],
        ["help"],
        ["--help"],
        ["-h"],
        ["--version"],
        ["-v"],
        ["apps:create"],
        ["apps:create", "--help"],
      ];
      const wrong = [["--nope"], ["logs", "-n"], ["apps:create", "a", "b", "c"], ["config:set"], ["run"], ["--app"]];
      for (const words of [...lines, ...wrong, ["help", "nope"], ["run", "--", "-x"], ["logs", "x", "-n", "ten"]]) {
        assert.equal(typeof (await commandLine({})(words)).code, "number", words.join(" "));
      }
    } finally {
      process.exit = exit;
    }
    assert.equal(exits, 0);
  });

  test("takes the global flags anywhere", async () => {
    const run = commandLine({ listApps });
    for (const words of [
      ["--quiet", "apps:list"],
      ["apps:list", "--quiet"],
      ["--trace", "--quiet", "apps:list"],
      ["apps:list", "--trace", "--quiet", "--force"],
    ]) {
      assert.deepEqual(await run(words).then(({ code, stdout }) => [code, stdout]), [0, "shop\nblog\n"]);
    }
  });

  test("takes --app NAME as its first argument", async () => {
    const seen: unknown[] = [];
    const run = commandLine({
      config: async (input) => {
        seen.push(input);
        return { KEY: "value" };
      },
    });
    for (const words of [
      ["--app", "shop", "config:get", "KEY"],
      ["config:get", "--app", "shop", "KEY"],
      ["config:get", "KEY", "--app=shop"],
    ]) {
      assert.equal((await run(words)).stdout, "value\n");
    }
    assert.deepEqual(seen, [{ app: "shop" }, { app: "shop" }, { app: "shop" }]);
  });

  const withApp: [line: string, command: string, values: Record<string, unknown>][] = [
    ["--app shop config:set K=V", "config:set", { app: "shop", pairs: [["K", "V"]] }],
    ["--quiet --app shop config:set K=V", "config:set", { app: "shop", pairs: [["K", "V"]] }],
    ["-a shop config:set K=V", "config:set", { app: "shop", pairs: [["K", "V"]] }],
    ["config:set -a shop K=V", "config:set", { app: "shop", pairs: [["K", "V"]] }],
    ["--app shop config:set shop K=V", "config:set", { app: "shop", pairs: [["K", "V"]] }],
    ["--app shop config:unset shop", "config:unset", { app: "shop", keys: ["shop"] }],
    ["--app shop config:unset shop shop", "config:unset", { app: "shop", keys: ["shop"] }],
    ["--app shop apps:create", "apps:create", { app: "shop" }],
    ["--app shop apps:create shop", "apps:create", { app: "shop" }],
    ["apps:create shop --app shop", "apps:create", { app: "shop" }],
    ["--app shop apps:rename store", "apps:rename", { app: "shop", name: "store" }],
    ["--app shop apps:rename shop store", "apps:rename", { app: "shop", name: "store" }],
    ["--app shop ps:scale web=1", "ps:scale", { app: "shop", quantities: [["web", 1]] }],
    ["--app shop ps:scale shop web=1", "ps:scale", { app: "shop", quantities: [["web", 1]] }],
    ["--app shop logs shop -t", "logs", { app: "shop", tail: true }],
    ["--app shop apps:list", "apps:list", {}],
    ["apps:list --app shop", "apps:list", {}],
    ["--app shop apps:report", "apps:report", { app: "shop" }],
    ["--app shop ssh-keys:list", "ssh-keys:list", { name: undefined }],
    ["--app shop domains:add-global example.com", "domains:add-global", { domains: ["example.com"] }],
    ["--app shop proxy:set --global body-limit 5m", "proxy:set", { app: undefined, key: "body-limit" }],
    ["--app shop run bash -c ls", "run", { app: "shop", command: ["bash", "-c", "ls"] }],
    ["--app shop run shop bash --app", "run", { app: "shop", command: ["bash", "--app"] }],
    ["--app web run web", "run", { app: "web", command: ["web"] }],
  ];
  for (const [line, command, values] of withApp) {
    test(`takes ${line}`, () => {
      const invocation = parse(line.split(" "));
      assert.ok(invocation.kind === "command");
      assert.equal(invocation.command.name, command);
      assert.partialDeepStrictEqual(invocation.values, values);
    });
  }

  test("refuses another app than the one in --app", () => {
    assert.throws(() => parse(["--app", "shop", "logs", "blog"]), { message: "Unexpected argument: blog" });
  });

  test("takes --app before help and version", () => {
    assert.deepEqual(parse(["--app", "shop", "version"]), { kind: "version" });
    assert.deepEqual(parse(["--app", "shop", "help"]), { kind: "help", topic: undefined });
    assert.deepEqual(parse(["--app", "shop", "ps"]), { kind: "help", topic: "ps" });
  });

  test("takes what follows -- as it is", async () => {
    const seen: unknown[] = [];
    const setProperty = async (input: unknown): Promise<void> => void seen.push(input);
    await commandLine({ setProperty })(["git:set", "--", "shop", "deploy-branch", "--quiet"]);
    assert.deepEqual(seen, [{ app: "shop", key: "git.deploy-branch", value: "--quiet" }]);
  });
});

describe("a failing command", () => {
  test("of the user's shows details, message and hint on standard error, and the error's exit code", async () => {
    const ran = await commandLine({
      listApps: async () => {
        throw new UserError("x", "It failed\nbadly", { hint: "Do this", details: ["one", "two"], exitCode: 7 });
      },
    })(["apps:list"]);
    assert.deepEqual([ran.code, ran.stdout], [7, ""]);
    assert.equal(ran.stderr, "       one\n       two\n !     It failed\n !     badly\n !     Do this\n");
  });

  test("of a full disk is told as one, whatever met it", async () => {
    for (const error of [
      Object.assign(new Error("ENOSPC: no space left on device, write"), { code: "ENOSPC" }),
      Object.assign(new Error("git ended with exit code 128"), {
        stderr: ["fatal: write error: No space left on device"],
      }),
    ]) {
      const ran = await commandLine({
        listApps: async () => {
          throw error;
        },
      })(["apps:list"]);
      assert.match(ran.stderr, /^ ! {5}A disk of this host is full/);
    }
  });

  test("of ours shows an id under which the log has the stack, and no more", async () => {
    const ran = await commandLine({
      listApps: async () => {
        throw new TypeError("undefined is not a secret");
      },
    })(["apps:list"]);
    assert.equal(ran.code, 1);
    const [, id] = /^ ! {5}Something went wrong inside Berth\. .* error ([0-9a-f]{8})\n$/.exec(ran.stderr) ?? [];
    assert.ok(id, ran.stderr);
    assert.match(ran.logged, new RegExp(`"errorId":"${id}"`));
    assert.match(ran.logged, /undefined is not a secret.*execute\.test\.ts/);
  });

  test("that the caller stopped ends quietly with code 130", async () => {
    const controller = new AbortController();
    const ran = commandLine({
      listApps: () =>
        new Promise((_, reject) => controller.signal.addEventListener("abort", () => reject(controller.signal.reason))),
    })(["apps:list"], { signal: controller.signal });
    controller.abort(new Error("hung up"));
    assert.deepEqual(await ran.then(({ code, both }) => [code, both]), [130, ""]);
  });
});

describe("the log of commands", () => {
  test("has who gave which command, and no value", async () => {
    const ran = await commandLine({ setConfig: async () => undefined })(["config:set", "shop", "PASSWORD=hunter2"]);
    assert.match(ran.logged, /"actor":"ann","command":"config:set"/);
    assert.doesNotMatch(ran.logged, /hunter2/);
  });
});

describe("help", () => {
  test("lists every command", async () => {
    for (const words of [[], ["help"], ["--help"], ["-h"], ["--quiet", "help"]]) {
      const { code, stdout } = await commandLine({})(words);
      assert.equal(code, 0);
      assert.match(stdout, /^Usage: berth .*\n/);
      for (const name of ["apps:create <app>", "ps:scale", "ssh-keys:add", "logs", "rollback", "help", "version"]) {
        assert.match(stdout, new RegExp(`^ {4}${name}`, "m"));
      }
      assert.doesNotMatch(stdout, /^ {4}serve/m);
    }
    assert.match((await commandLine({})([], { local: true })).stdout, /^ {4}serve/m);
  });

  test("on a group is the same text under each of its names", async () => {
    const texts = await Promise.all(
      [["ps"], ["ps:help"], ["help", "ps"], ["ps", "--help"]].map(
        async (words) => (await commandLine({})(words)).stdout,
      ),
    );
    assert.equal(new Set(texts).size, 1);
    assert.match(
      texts[0] ?? "",
      /^Usage: berth ps\[:COMMAND\]\n\nManage the dynos of an app\n\nAdditional commands:\n {4}ps:rebuild/,
    );
  });

  test("on a command shows its usage and options", async () => {
    for (const words of [
      ["ps:scale", "--help"],
      ["ps:scale", "shop", "--help"],
      ["help", "ps:scale"],
      ["ps:scale:help"],
    ]) {
      assert.equal(
        (await commandLine({})(words)).stdout,
        [
          "Usage: berth ps:scale [--skip-deploy] [--format <stdout|json>] <app> [<process-type=count> ...]",
          "",
          "Show or set how many dynos each process type has",
          "",
          "Options:",
          "    --skip-deploy           Only store the counts: the next deploy uses them",
          "    --format <stdout|json>  Print for people, or for programs",
          "",
        ].join("\n"),
      );
    }
    assert.match((await commandLine({})(["config", "--help"])).stdout, /config:set/);
    assert.match((await commandLine({})(["help", "builds:prune"])).stdout, /<app>\|--all-apps\n/);
  });

  test("on something unknown says that it is unknown", async () => {
    assert.equal((await commandLine({})(["help", "nope"])).code, 1);
  });

  test("version shows the version", async () => {
    for (const words of [["version"], ["--version"], ["-v"]]) {
      assert.equal((await commandLine({})(words)).stdout, "berth version 1.2.3\n");
    }
  });
});

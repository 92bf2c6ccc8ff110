import assert from "node:assert/strict";
import { describe, test } from "node:test";
import type { Dyno } from "../../src/model/dyno.ts";
import { UserError } from "../../src/model/errors.ts";
import type { Operations } from "../../src/operations/operations.ts";
import { commandLine, release, requireApp } from "./harness.ts";

const dyno = (number: number, state: Dyno["state"]): Dyno => ({
  app: "shop",
  processType: "web",
  number,
  release: 1,
  id: `${number}`.repeat(64),
  state,
  address: "10.0.0.2",
  port: 5000,
  exitCode: undefined,
  restarts: 0,
  image: "berth-test/shop:1",
  createdAt: 0,
});

describe("ps:scale", () => {
  const formation = async () => ({ quantities: { web: 1, worker: 0 }, processTypes: { web: "x", worker: "y" } });

  test("without counts shows the table", async () => {
    const run = commandLine({ formation });
    assert.equal(
      (await run(["ps:scale", "shop"])).stdout,
      "-----> Scaling for shop\nproctype: qty\n--------: ---\nweb:  1\nworker:  0\n",
    );
    assert.equal((await run(["ps:scale", "--quiet", "shop"])).stdout, "web:  1\nworker:  0\n");
    assert.equal(
      (await run(["ps:scale", "shop", "--format", "json"])).stdout,
      '[{"process_type":"web","quantity":1},{"process_type":"worker","quantity":0}]\n',
    );
  });

  test("with counts sets them", async () => {
    const seen: unknown[] = [];
    const run = commandLine({ requireApp: requireApp("shop"), scale: async (input) => void seen.push(input) });
    const ran = await run(["ps:scale", "shop", "web=2", "worker=1"]);
    assert.deepEqual([ran.code, ran.stdout], [0, "-----> Scaling shop processes: web=2 worker=1\n"]);
    await run(["ps:scale", "--skip-deploy", "shop", "web=0"]);
    assert.deepEqual(seen, [
      { app: "shop", quantities: { web: 2, worker: 1 }, deploy: true },
      { app: "shop", quantities: { web: 0 }, deploy: false },
    ]);
  });

  test("refuses what is no count", async () => {
    const run = commandLine({});
    for (const [word, message] of [
      ["web", "Missing count for process type web"],
      ["web=", "Missing count for process type web"],
      ["web=-1", "Invalid count for process type web: '-1'"],
      ["web=two", "Invalid count for process type web: 'two'"],
      ["web=1.5", "Invalid count for process type web: '1.5'"],
      ["=1", "Invalid process type: ''"],
      ["we b=1", "Invalid process type: 'we b'"],
    ]) {
      const ran = await run(["ps:scale", "shop", String(word)]);
      assert.deepEqual([ran.code, ran.stderr.split("\n")[0]], [1, ` !     ${message}`]);
    }
  });
});

describe("ps:report", () => {
  const report = (dynos: readonly Dyno[], missingImages: readonly string[] = []): Partial<Operations> => ({
    processReport: async () => ({
      app: { id: "1", name: "shop", createdAt: 0, currentReleaseId: "1", stopped: false },
      current: release(),
      quantities: { web: 2 },
      canScale: true,
      dynos,
      missingImages,
    }),
    property: async ({ key }) =>
      key === "ps.restart-policy"
        ? { raw: "always", computed: "always", global: "" }
        : { raw: "", computed: "30", global: "" },
  });

  test("has the keys of Dokku's", async () => {
    const { stdout } = await commandLine(report([dyno(1, "running"), dyno(2, "exited")]))(["ps:report", "shop"]);
    assert.equal(
      stdout,
      [
        "=====> shop ps information",
        "       Deployed:                         true",
        "       Processes:                        2",
        "       Ps can scale:                     true",
        "       Ps computed restart policy:       always",
        "       Ps computed stop timeout seconds: 30",
        "       Ps global restart policy:         ",
        "       Ps global stop timeout seconds:   ",
        "       Ps restart policy:                always",
        "       Ps stop timeout seconds:          ",
        "       Running:                          mixed",
        "       Status web 1:                     running (CID: 11111111111)",
        "       Status web 2:                     exited (CID: 22222222222)",
        "",
      ].join("\n"),
    );
  });

  test("says which image the engine has lost, and what brings it back", async () => {
    const { stdout } = await commandLine(report([], ["berth-i/shop:b1"]))(["ps:report", "shop", "--problem"]);
    assert.equal(stdout, "The Docker engine has lost berth-i/shop:b1: push shop again to build a new one\n");
  });

  test("says whether all, some or no dynos run", async () => {
    for (const [dynos, running] of [
      [[dyno(1, "running"), dyno(2, "running")], "true"],
      [[dyno(1, "running"), dyno(2, "starting")], "mixed"],
      [[dyno(1, "exited")], "false"],
      [[], "false"],
    ] as const) {
      assert.equal((await commandLine(report(dynos))(["ps:report", "shop", "--running"])).stdout, `${running}\n`);
    }
  });

  test("in JSON has each key with and without its prefix", async () => {
    const { stdout } = await commandLine(report([dyno(1, "running")]))(["ps:report", "shop", "--format", "json"]);
    const json = JSON.parse(stdout);
    assert.deepEqual(
      [json["restart-policy"], json["ps-restart-policy"], json["status-web-1"], json.running],
      ["always", "always", "running (CID: 11111111111)", "true"],
    );
  });
});

describe("ps:start, ps:stop and ps:restart", () => {
  test("hand over the app, and the process type where one is named", async () => {
    const seen: unknown[] = [];
    const note = async (input: unknown): Promise<void> => void seen.push(input);
    const run = commandLine({ start: note, stop: note, restart: note });
    for (const words of [["ps:start"], ["ps:stop"], ["ps:restart"]])
      assert.equal((await run([...words, "shop"])).code, 0);
    await run(["ps:restart", "shop", "worker"]);
    assert.deepEqual(seen, [
      { app: "shop" },
      { app: "shop" },
      { app: "shop", processType: undefined },
      { app: "shop", processType: "worker" },
    ]);
  });

  test("take an app that was never deployed for no failure", async () => {
    const notDeployed = async (): Promise<void> => {
      throw new UserError("not-deployed", "App shop has not been deployed", { hint: "Push it" });
    };
    const run = commandLine({ start: notDeployed, stop: notDeployed, restart: notDeployed });
    for (const name of ["ps:start", "ps:stop", "ps:restart"]) {
      const ran = await run([name, "shop"]);
      assert.deepEqual([ran.code, ran.stderr], [0, " !     App shop has not been deployed\n"]);
    }
  });
});

describe("ps:set, git:set and checks:set", () => {
  function setUp() {
    const seen: unknown[] = [];
    return { seen, run: commandLine({ setProperty: async (input) => void seen.push(input) }) };
  }

  test("set for an app, and for all with --global", async () => {
    const { run, seen } = setUp();
    const set = await run(["git:set", "shop", "deploy-branch", "main"]);
    assert.equal(set.stdout, "=====> Setting deploy-branch to main\n");
    await run(["ps:set", "--global", "restart-policy", "always"]);
    await run(["checks:set", "shop", "timeout", "90", "--quiet"]);
    assert.deepEqual(seen, [
      { app: "shop", key: "git.deploy-branch", value: "main" },
      { app: undefined, key: "ps.restart-policy", value: "always" },
      { app: "shop", key: "checks.timeout", value: "90" },
    ]);
  });

  test("unset without a value, and with an empty one", async () => {
    const { run, seen } = setUp();
    for (const words of [["timeout"], ["timeout", ""]]) {
      assert.equal((await run(["checks:set", "shop", ...words])).stdout, "=====> Unsetting timeout\n");
    }
    assert.deepEqual(seen, [
      { app: "shop", key: "checks.timeout", value: undefined },
      { app: "shop", key: "checks.timeout", value: undefined },
    ]);
    assert.equal((await run(["--quiet", "checks:set", "shop", "timeout"])).stdout, "");
  });

  test("refuse an unknown key in Dokku's words", async () => {
    const { run } = setUp();
    for (const [words, message] of [
      [
        ["git:set", "shop", "nope", "x"],
        "Invalid key specified, valid keys include: archive-max-files, archive-max-size, deploy-branch",
      ],
      [["checks:set", "shop", "constructor", "x"], "Invalid key specified, valid keys include: timeout"],
      [
        ["ps:set", "--global", "nope"],
        "Invalid property specified, valid properties include: restart-policy, stop-timeout-seconds",
      ],
    ] as const) {
      const ran = await run(words);
      assert.deepEqual([ran.code, ran.stderr], [1, ` !     ${message}\n`]);
    }
  });

  test("ask for what is missing", async () => {
    const { run } = setUp();
    assert.equal(
      (await run(["git:set"])).stderr,
      " !     Please specify an app to run the command on\n" +
        " !     Usage: berth git:set [--global] <app>|--global <key> [<value>]\n",
    );
    assert.match((await run(["git:set", "--global"])).stderr, /^ ! {5}Missing argument: <key>\n/);
  });
});

describe("git:report and checks:report", () => {
  const run = commandLine({
    property: async ({ key }) => ({ raw: "", computed: key === "checks.timeout" ? "60" : "main", global: "main" }),
    releases: async () => ({ releases: [release()], current: release() }),
  });

  test("have keys without a prefix in JSON", async () => {
    assert.equal(
      (await run(["git:report", "shop", "--format", "json"])).stdout,
      `{"computed-deploy-branch":"main","deploy-branch":"","global-deploy-branch":"main","sha":"${"1".repeat(40)}"}\n`,
    );
    assert.equal((await run(["checks:report", "shop", "--checks-computed-timeout"])).stdout, "60\n");
    assert.equal(
      (await run(["checks:report", "shop"])).stdout,
      "=====> shop checks information\n" +
        "       Checks computed timeout:       60\n" +
        "       Checks global timeout:         main\n" +
        "       Checks timeout:                \n",
    );
  });
});

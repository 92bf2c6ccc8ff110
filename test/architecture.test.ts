import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, it } from "node:test";
import { check } from "./helpers/architecture/check.ts";
import { findCycles } from "./helpers/architecture/cycles.ts";
import * as rules from "./helpers/architecture/rules.ts";

const root = join(import.meta.dirname, "..");

/** Fails with one sentence a line. */
function assertNone(problems: readonly string[]): void {
  assert(problems.length === 0, `\n  ${problems.join("\n  ")}\n`);
}

describe("the architecture (DESIGN.md, sections 1 and 5; the table is in test/helpers/architecture/rules.ts)", () => {
  it("holds in every file of src", () => {
    const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" });
    const sources = paths.filter((path) => path.endsWith(".ts"));
    const texts = sources.map((path): [string, string] => [path, readFileSync(join(root, "src", path), "utf8")]);
    assertNone(check(Object.fromEntries(texts), rules));
  });

  it("has TypeScript only in src", () => {
    const files = readdirSync(join(root, "src"), { recursive: true, withFileTypes: true }).filter((one) =>
      one.isFile(),
    );
    assertNone(files.filter((file) => !file.name.endsWith(".ts")).map((file) => `${file.parentPath}/${file.name}`));
  });

  it("has a fixed top level", () => {
    const extra = readdirSync(root).filter((name) => !name.startsWith(".") && !rules.topLevel.includes(name));
    assertNone(extra.map((name) => `${name} is not to be in the top level`));
  });

  it("is a table with a direction: its parts do not import each other in a circle, and all it names are there", () => {
    const graph = new Map(
      Object.entries(rules.parts).map(([name, part]) => [name, [...part.imports, ...(part.lazily ?? [])]]),
    );
    assert.deepEqual(findCycles(graph), []);
    const named = [...graph.values(), ...Object.values(rules.packages), ...Object.values(rules.globals)].flat();
    assertNone([...new Set(named)].filter((name) => !graph.has(name)).map((name) => `${name} is no part`));
  });
});

describe("the check of the architecture", () => {
  const problems = (files: Record<string, string>) => check(files, rules);
  const finds = (files: Record<string, string>, ...expected: string[]) => assert.deepEqual(problems(files), expected);

  it("finds nothing where all is well", () => {
    finds({
      "main.ts": `const { serve } = await import("./daemon.ts"); serve(process.env);`,
      "daemon.ts": `import { open } from "./store/sqlite/store.ts"; export function serve() { open(); }`,
      "store/sqlite/store.ts": `import { DatabaseSync } from "node:sqlite"; import type { Store } from "../store.ts";`,
      "store/store.ts": `import type { App } from "../model/app.ts";`,
      "model/app.ts": `import { join } from "node:path";`,
      "router/worker.ts": `import { Mutex } from "../lib/mutex.ts"; import httpProxy from "http-proxy";`,
      "lib/mutex.ts": "",
    });
  });

  it("finds an import against the direction, however it is written", () => {
    const message = "imports src/store/store.ts (interfaces), but model may import only lib, routes";
    for (const line of [
      `import { Store } from "../store/store.ts";`,
      `import type { Store } from "../store/store.ts";`,
      `import { type Store } from "../store/store.ts";`,
      `import * as store from '../store/store.ts';`,
      `import "../store/store.ts";`,
      `import {\n  Store,\n} from /* here */ "../store/store.ts"`,
      `type S = import("../store/store.ts").Store;`,
      `const store = await import("../store/store.ts");`,
      "async () => (await import(`../store/store.ts`)).x;",
      `require("../store/store.ts");`,
    ]) {
      const found = problems({ "model/app.ts": line, "store/store.ts": "" });
      assert.deepEqual(found, [`src/model/app.ts:${line.split("\n").length} ${message}`], line);
    }
  });

  it("does not take text in comments, strings and patterns for an import", () => {
    finds({
      "model/app.ts": [
        `// import { Store } from "../store/store.ts";`,
        `/* await import("../store/store.ts"); console.log(process.env) */`,
        `const text = 'import "../store/store.ts"; console.log(process.env.HOME)';`,
        `const template = \`import('../store/store.ts') \${text} process.env\`;`,
        `const pattern = /import("..\\/store\\/store.ts")/;`,
      ].join("\n"),
    });
  });

  it("finds an implementation that is used by another part than the daemon", () => {
    finds(
      {
        "operations/deploy.ts": `\nimport { open } from "../store/sqlite/store.ts";`,
        "builders/buildpack/build.ts": `import { list } from "../../schedulers/docker-local/list.ts";`,
        "git/push.ts": `import type { Deploy } from "../operations/deploy.ts";`,
        "store/sqlite/store.ts": "",
        "schedulers/docker-local/list.ts": "",
      },
      "src/operations/deploy.ts:2 imports src/store/sqlite/store.ts (store/sqlite), but operations may import only lib, routes, model, interfaces, paths",
      "src/builders/buildpack/build.ts:1 imports src/schedulers/docker-local/list.ts (schedulers/docker-local), but builders/buildpack may import only lib, routes, model, interfaces, docker, builders/network",
      "src/git/push.ts:1 imports src/operations/deploy.ts (operations), but git may import only lib, routes, model, interfaces, paths",
    );
  });

  it("finds a door that uses another, and a router that knows more than its routes", () => {
    const found = problems({
      "ssh/door.ts": `import { ship } from "../cli/ship.ts";`,
      "cli/ship.ts": "",
      "router/worker.ts": `import { exitCodes } from "../model/errors.ts";\nimport type { Target } from "../model/route.ts";`,
      "model/errors.ts": "",
      "model/route.ts": "",
    });
    assert.equal(found.length, 2);
    assert.match(String(found[0]), /^src\/ssh\/door.ts:1 imports src\/cli\/ship.ts \(cli\)/);
    assert.match(String(found[1]), /^src\/router\/worker.ts:1 imports src\/model\/errors.ts \(model\)/);
  });

  it("finds that main loads at once what it is to load when needed", () => {
    finds(
      {
        "main.ts": `import type { Daemon } from "./daemon.ts";\nimport { serve } from "./daemon.ts";`,
        "daemon.ts": "",
      },
      "src/main.ts:2 imports src/daemon.ts at once, but main may do so with import() only",
    );
  });

  it("finds a package outside of its folder, and one that is in no table", () => {
    finds(
      {
        "operations/x.ts": `import type { Connection } from "ssh2";`,
        "operations/y.ts": `await import("node:sqlite");`,
        "router/z.ts": `import x from "dockerode/lib/x.js";\nimport y from "@scope/name/deep.js";`,
      },
      "src/operations/x.ts:1 imports ssh2, which only ssh may",
      "src/operations/y.ts:1 imports node:sqlite, which only store/sqlite may",
      "src/router/z.ts:1 imports dockerode/lib/x.js, which only docker may",
      "src/router/z.ts:2 imports @scope/name/deep.js, which is not in the table of packages",
    );
  });

  it("finds an import of a computed name, one without its ending, and one that leaves src", () => {
    finds(
      {
        "model/a.ts": `await import("./" + name);`,
        "model/b.ts": `import "./a";`,
        "model/c.ts": `import "../../test/helper.ts";`,
        "model/d.ts": `import manifest from "../../package.json" with { type: "json" };`,
        "config/version.ts": `import manifest from "../../package.json" with { type: "json" };`,
      },
      "src/model/a.ts:1 imports a computed name, which cannot be checked",
      "src/model/b.ts:1 imports ./a without the ending .ts",
      "src/model/c.ts:1 imports ../../test/helper.ts, which is not in src",
      "src/model/d.ts:1 imports ../../package.json, which is not in src",
    );
  });

  it("finds barrels and re-exports", () => {
    finds(
      {
        "model/index.ts": `export * from "./app.ts";`,
        "model/app.ts": "",
        "model/more.ts": `export type { App } from "./app.ts";\nconst local = 1;\nexport { local };`,
      },
      "src/model/index.ts is named like a barrel",
      "src/model/index.ts:1 re-exports ./app.ts: whoever needs it imports it from there",
      "src/model/more.ts:1 re-exports ./app.ts: whoever needs it imports it from there",
    );
  });

  it("finds cycles, also of types and through a lazy import", () => {
    finds(
      {
        "model/a.ts": `import type { B } from "./b.ts";`,
        "model/b.ts": `import { c } from "./c.ts";`,
        "model/c.ts": `export const c = () => import("./a.ts");`,
        "model/self.ts": `import "./self.ts";`,
      },
      "these import each other: model/a.ts -> model/b.ts -> model/c.ts -> model/a.ts",
      "these import each other: model/self.ts -> model/self.ts",
    );
  });

  it("finds the environment and the console, however they are reached", () => {
    const environment = (line: string) =>
      assert.deepEqual(
        problems({ "model/a.ts": line }),
        ["src/model/a.ts:1 uses process.env, which only config, main may"],
        line,
      );
    environment("const home = process.env.HOME;");
    environment(`const home = process["env"];`);
    environment("const home = globalThis.process.env.HOME;");
    environment("const { env } = process;");
    environment("const { env: all, argv } = process;");
    environment(`import { env } from "node:process";`);
    environment(`import { argv, env as all } from "node:process";`);
    environment(`import process from "node:process"; process.env.HOME;`);
    const console = (line: string) =>
      assert.deepEqual(problems({ "main.ts": line }), ["src/main.ts:1 uses console, which nothing may"], line);
    console("console.log(1);");
    console("const { log } = console;");
    console("const tools = { console };");
    console("globalThis.console.log(1);");
    finds({
      "config/load.ts": "export const home = process.env.HOME;",
      "model/a.ts": `import { argv } from "node:process"; const { env } = options; run({ env, console: 1 }); x.console;`,
    });
  });

  it("finds a file that is in no part of the table", () => {
    finds(
      { "helpers/x.ts": "", "main2.ts": "" },
      "src/helpers/x.ts belongs to no part: add its folder to the table of parts",
      "src/main2.ts belongs to no part: add its folder to the table of parts",
    );
  });
});

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execPath } from "node:process";
import { DatabaseSync } from "node:sqlite";
import { afterEach, beforeEach, describe, it } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import { openGenerationFile } from "../../src/store/sqlite/generation-file.ts";
import { migrations } from "../../src/store/sqlite/migrations.ts";
import { openDatabase } from "../../src/store/sqlite/open-database.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { storeContract } from "./contract.ts";
import { aBuild, anApp, aRelease } from "./samples.ts";

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "berth-store-"));
  path = join(folder, "berth.db");
});
afterEach(() => rmSync(folder, { recursive: true }));

storeContract("sqlite", () => openSqliteStore(path));

const userError =
  (code: string, ...texts: (string | RegExp)[]) =>
  (error: unknown) => {
    assert(error instanceof UserError, String(error));
    assert.equal(error.code, code);
    assert(error.hint, "has a hint");
    assert(!error.message.includes("\n"), "has one line");
    for (const text of texts)
      assert.match(error.message, text instanceof RegExp ? text : new RegExp(RegExp.escape(text)));
    return true;
  };

describe("a SQLite store on disk", () => {
  it("keeps what was written when it is opened again", () => {
    const store = openSqliteStore(path);
    store.write((changes) => {
      changes.apps.insert(anApp());
      changes.releases.insert(aRelease());
      changes.builds.insert(aBuild());
      changes.builds.appendLog("build-1", "a log\n");
      changes.releases.remove("release-1");
    });
    store.close();

    const again = openSqliteStore(path);
    again.read((view) => {
      assert.deepEqual(view.apps.list(), [anApp()]);
      assert.equal(view.builds.log("build-1"), "a log\n");
      assert.equal(view.releases.nextVersion("a"), 2);
    });
    again.close();
  });

  it("is for its owner's eyes only, with all its files, also where the file was there before", () => {
    writeFileSync(path, "", { mode: 0o644 });
    const store = openSqliteStore(path);
    store.write((changes) => changes.apps.insert(anApp()));
    const modes = ["", "-wal", "-shm"].map((suffix) => statSync(path + suffix).mode & 0o777);
    store.close();
    assert.deepEqual(modes, [0o600, 0o600, 0o600]);
  });

  it("has a write-ahead log, synced at each commit, checked references and patience", () => {
    const database = openDatabase(path, migrations);
    const pragma = (name: string) => Object.values(database.prepare(`PRAGMA ${name}`).get() ?? {})[0];
    const settings = ["journal_mode", "synchronous", "foreign_keys", "busy_timeout"].map(pragma);
    database.close();
    assert.deepEqual(settings, ["wal", 2, 1, 5000]);
  });

  it("has strict tables only", () => {
    const database = openDatabase(path, migrations);
    const loose = database.prepare("SELECT name FROM pragma_table_list WHERE strict = 0 AND name NOT LIKE 'sqlite_%'");
    const names = loose.all();
    database.close();
    assert.deepEqual(names, []);
  });

  it("can be read by another connection during a write, which sees the state before it", () => {
    const store = openSqliteStore(path);
    store.write((changes) => changes.apps.insert(anApp()));
    const backup = new DatabaseSync(path, { readOnly: true });
    store.write((changes) => {
      changes.apps.remove("a");
      assert.equal(backup.prepare("SELECT count(*) AS count FROM apps").get()?.count, 1);
    });
    assert.equal(backup.prepare("SELECT count(*) AS count FROM apps").get()?.count, 0);
    backup.close();
    store.close();
  });

  it("has the state from before the transaction in which it was killed", async () => {
    const store = openSqliteStore(path);
    store.write((changes) => changes.apps.insert(anApp()));
    store.close();

    const writer = spawn(execPath, [join(import.meta.dirname, "crash-writer.ts"), path], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const ended = once(writer, "exit");
    const [said] = await Promise.race([once(writer.stdout, "data"), ended]);
    assert.equal(String(said), "writing\n");
    writer.kill("SIGKILL");
    assert.deepEqual(await ended, [null, "SIGKILL"]);
    assert(statSync(`${path}-wal`).size > 1_000_000, "the transaction had reached the disk");

    const again = openSqliteStore(path);
    again.read((view) => {
      assert.deepEqual(view.apps.list(), [anApp()]);
      assert.deepEqual(view.builds.of("a"), []);
      assert.equal(view.builds.log("build-1"), "");
    });
    again.write((changes) => changes.apps.update(anApp({ name: "goes-on" })));
    again.close();
  });
});

describe("the generation", () => {
  const own = (store: { read: ReturnType<typeof openSqliteStore>["read"] }) => store.read((view) => view.lineage.own());

  it("rises with each write, is told once it is durable, and stays over a reopening", () => {
    const told: number[] = [];
    const store = openSqliteStore(path, ({ generation }) => told.push(generation));
    store.write((changes) => changes.apps.insert(anApp()));
    assert.throws(() => store.write(() => assert.fail("no")));
    store.write(() => undefined);
    assert.deepEqual(told, [1, 2]);
    const before = own(store);
    assert.equal(before.generation, 2);
    store.close();
    const again = openSqliteStore(path);
    assert.deepEqual(own(again), before);
    again.close();
  });

  it("is another store's for a new file, and counts what has no stamp only for a file with apps from before", () => {
    const fresh = openSqliteStore(path);
    const stamps = fresh.read((view) => view.lineage.all());
    assert.equal(stamps.length, 1);
    fresh.close();
    const old = join(folder, "old.db");
    const database = openDatabase(old, migrations.slice(0, 5));
    database.exec("INSERT INTO apps (id, name, created_at, stopped) VALUES ('a', 'alpha', 1, 0)");
    database.close();
    const upgraded = openSqliteStore(old);
    const [first, second] = upgraded.read((view) => view.lineage.all());
    assert.match(first?.store ?? "", /^[0-9a-f]{32}$/);
    assert.notEqual(first?.store, stamps[0]?.store);
    assert.deepEqual(second, { store: "", generation: 0 });
    upgraded.close();
  });

  it("is noted outside of the store only after the note was accepted, and a damaged note is none", () => {
    const note = join(folder, "generation");
    const stamp = (generation: number) => ({ store: "a".repeat(32), generation });
    const first = openGenerationFile(note);
    assert.equal(first.found, undefined);
    first.note(stamp(1));
    assert.equal(readFileSync(note, "utf8"), "");
    first.follow(stamp(1000));
    first.note(stamp(1001));
    first.close();
    const second = openGenerationFile(note);
    assert.deepEqual(second.found, stamp(1001));
    second.note(stamp(2000));
    second.close();
    assert.match(readFileSync(note, "utf8"), / 1001 /);
    writeFileSync(note, "rubbish");
    const third = openGenerationFile(note);
    assert.equal(third.found, undefined);
    third.close();
  });

  it("comes with a new identity where the file was emptied, and the log of the old one is kept", () => {
    const store = openSqliteStore(path);
    store.write((changes) => changes.apps.insert(anApp()));
    copyFileSync(`${path}-wal`, join(folder, "wal"));
    const before = own(store);
    store.close();
    copyFileSync(join(folder, "wal"), `${path}-wal`);
    truncateSync(path);
    const emptied = openSqliteStore(path);
    assert.notEqual(own(emptied).store, before.store);
    emptied.close();
    assert.ok(readdirSync(folder).some((name) => name.startsWith("berth.db-wal.kept-")));
  });
});

describe("migrations", () => {
  const added = "ALTER TABLE apps ADD COLUMN colour TEXT NOT NULL DEFAULT 'blue'";

  const versionOf = (database: DatabaseSync) => database.prepare("PRAGMA user_version").get()?.user_version;

  it("bring an empty file to the last version", () => {
    const database = openDatabase(path, migrations);
    const version = versionOf(database);
    database.close();
    assert.equal(version, migrations.length);
  });

  it("bring an older schema to the last version, with its data", () => {
    const store = openSqliteStore(path);
    store.write((changes) => changes.apps.insert(anApp()));
    store.close();
    const database = openDatabase(path, [...migrations, added]);
    const row = database.prepare("SELECT name, colour FROM apps").get();
    const version = versionOf(database);
    database.close();
    assert.deepEqual({ ...row }, { name: "alpha", colour: "blue" });
    assert.equal(version, migrations.length + 1);
  });

  for (const [what, keys, admin] of [
    ["the key named admin", { ann: 1, zoe: 2, admin: 3 }, "admin"],
    ["the oldest key when none is named admin", { ann: 2, zoe: 1, "admin-1": 3 }, "zoe"],
    ["no key when there is none", {}, undefined],
  ] as const) {
    it(`mark ${what} as an admin`, () => {
      const older = migrations.findIndex((step) => step.includes("ADD COLUMN admin"));
      const database = openDatabase(path, migrations.slice(0, older));
      const insert = database.prepare("INSERT INTO keys VALUES (?, ?, 'ssh-ed25519 AAAA', ?)");
      for (const [name, createdAt] of Object.entries(keys)) insert.run(name, `SHA256:${name}`, createdAt);
      database.close();
      const store = openSqliteStore(path);
      const admins = store.read((view) => view.keys.list()).filter((key) => key.admin);
      store.close();
      assert.deepEqual(
        admins.map(({ name }) => name),
        admin === undefined ? [] : [admin],
      );
    });
  }

  it("may rebuild a table that others refer to", () => {
    const store = openSqliteStore(path);
    store.write((changes) => {
      changes.apps.insert(anApp());
      changes.config.set("a", { A: "1" });
    });
    store.close();
    const rebuild = `
      CREATE TABLE new_apps (id TEXT PRIMARY KEY, name TEXT NOT NULL UNIQUE) STRICT;
      INSERT INTO new_apps SELECT id, name FROM apps;
      DROP TABLE apps;
      ALTER TABLE new_apps RENAME TO apps;`;
    const database = openDatabase(path, [...migrations, rebuild]);
    const count = database.prepare("SELECT count(*) AS count FROM config_vars").get()?.count;
    database.close();
    assert.equal(count, 1);
  });

  it("happen wholly or not at all, one by one", () => {
    const failing = `${added}; INSERT INTO nowhere VALUES (1)`;
    assert.throws(
      () => openDatabase(path, [...migrations, "CREATE TABLE second (id TEXT) STRICT", failing]),
      /nowhere/,
    );
    const database = openDatabase(path, [...migrations, "CREATE TABLE second (id TEXT) STRICT"]);
    const version = versionOf(database);
    const columns = database.prepare("SELECT name FROM pragma_table_info('apps')").all();
    database.close();
    assert.equal(version, migrations.length + 1);
    assert(!columns.some((column) => column.name === "colour"));
  });

  it("are refused when they leave a reference without its row", () => {
    const store = openSqliteStore(path);
    store.write((changes) => {
      changes.apps.insert(anApp());
      changes.config.set("a", { A: "1" });
    });
    store.close();
    assert.throws(
      () => openDatabase(path, [...migrations, "DELETE FROM apps"]),
      /breaks references of table config_vars/,
    );
    const again = openSqliteStore(path);
    assert.equal(again.read((view) => view.apps.list()).length, 1);
    again.close();
  });
});

describe("opening a SQLite store", () => {
  it("refuses a database newer than the program, names both versions, and leaves it alone", () => {
    openDatabase(path, [...migrations, "CREATE TABLE later (id TEXT) STRICT"]).close();
    const before = readFileSync(path);
    assert.throws(
      () => openSqliteStore(path),
      userError("store-too-new", path, `version ${migrations.length + 1}`, `knows ${migrations.length}`),
    );
    assert.deepEqual(readFileSync(path), before);
  });

  it("refuses a file that is no database", () => {
    writeFileSync(path, "root:x:0:0:root:/root:/bin/bash\n".repeat(200));
    assert.throws(() => openSqliteStore(path), userError("store-damaged", path));
  });

  it("refuses a database with a damaged page", () => {
    fillWithLogs();
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 4096 * 3, bytes.length - 4096);
    writeFileSync(path, bytes);
    assert.throws(() => openSqliteStore(path), userError("store-damaged", path));
  });

  it("refuses a database that was cut short", () => {
    fillWithLogs();
    truncateSync(path, 4096 * 5);
    assert.throws(() => openSqliteStore(path), userError("store-damaged", path));
  });

  it("refuses somebody else's database, and leaves it alone", () => {
    const other = new DatabaseSync(path);
    other.exec("CREATE TABLE recipes (name TEXT)");
    other.close();
    assert.throws(() => openSqliteStore(path), userError("store-foreign", path));
    const again = new DatabaseSync(path, { readOnly: true });
    const tables = again.prepare("SELECT name FROM sqlite_schema").all();
    again.close();
    assert.equal(tables.length, 1);
  });

  it("says why it cannot use a path: a missing folder, a folder in its place", () => {
    assert.throws(() => openSqliteStore(join(folder, "missing", "berth.db")), userError("store-unusable", /ENOENT/));
    mkdirSync(path);
    assert.throws(() => openSqliteStore(path), userError("store-unusable", /EISDIR/));
  });

  it("says why it cannot use a folder in which it may not write", {
    skip: process.getuid?.() === 0 && "root may write everywhere",
  }, () => {
    chmodSync(folder, 0o500);
    assert.throws(() => openSqliteStore(path), userError("store-unusable", /EACCES/));
    chmodSync(folder, 0o700);
  });

  function fillWithLogs(): void {
    const store = openSqliteStore(path);
    store.write((changes) => {
      changes.apps.insert(anApp());
      changes.builds.insert(aBuild());
      for (let count = 0; count < 50; count++) changes.builds.appendLog("build-1", "x".repeat(5_000));
    });
    store.close();
  }
});

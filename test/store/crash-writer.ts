/** Begins a write transaction on the database argv[2], says so, and stays in it until it is killed. */
import { writeSync } from "node:fs";
import { argv } from "node:process";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { aBuild, anApp } from "./samples.ts";

const store = openSqliteStore(String(argv[2]));
store.write((changes) => {
  changes.apps.update(anApp({ name: "half-done" }));
  changes.builds.insert(aBuild());
  // More than SQLite keeps in memory: pages that are not committed reach the write-ahead log.
  for (let count = 0; count < 100; count++) changes.builds.appendLog("build-1", "x".repeat(100_000));
  writeSync(1, "writing\n");
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
});

import assert from "node:assert/strict";
import { DatabaseSync } from "node:sqlite";
import { test } from "node:test";
import { translateStatementError } from "../../src/store/sqlite/sqlite-errors.ts";

test("a full disk is told as what it is", () => {
  const database = new DatabaseSync(":memory:");
  database.exec("CREATE TABLE filler (content BLOB); PRAGMA max_page_count = 3");
  try {
    database.exec("INSERT INTO filler VALUES (zeroblob(100000))");
    assert.fail("it fitted");
  } catch (error) {
    assert.equal((translateStatementError(error) as { code?: string }).code, "disk-full");
  } finally {
    database.close();
  }
});

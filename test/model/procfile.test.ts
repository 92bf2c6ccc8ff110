import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parseProcfile } from "../../src/model/procfile.ts";

suite("Procfile", () => {
  test("each line names a process type and its command", () => {
    assert.deepEqual(parseProcfile("web: node server.js --port $PORT\nworker:./work\nrelease:   echo a: b\n"), {
      web: "node server.js --port $PORT",
      worker: "./work",
      release: "echo a: b",
    });
  });

  test("comments, blank lines, foreign line ends, spaces around and a byte order mark do not matter", () => {
    assert.deepEqual(parseProcfile("\uFEFF# types\r\n\r\n  web: a  \r\n\t\n# worker: b\r\nclock_2-x: c"), {
      web: "a",
      "clock_2-x": "c",
    });
    assert.deepEqual(parseProcfile(""), {});
  });

  test("of two lines for one type the last counts", () => {
    assert.deepEqual(parseProcfile("web: a\nweb: b"), { web: "b" });
  });

  for (const [text, line] of [
    ["web: a\nno colon here", 2],
    ["web:", 1],
    ["\n# x\nweb a: b", 3],
    ["-web: a", 1],
    ["__proto__: a", 1],
    [`${"w".repeat(64)}: a`, 1],
  ] as const) {
    test(`a line that does not fit is named: ${JSON.stringify(text.slice(0, 30))}`, () => {
      const expected = { code: "invalid-procfile", message: new RegExp(`^Procfile line ${line}: `) };
      assert.throws(() => parseProcfile(text), expected);
    });
  }
});

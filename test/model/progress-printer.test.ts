import assert from "node:assert/strict";
import { test } from "node:test";
import { UserError } from "../../src/model/errors.ts";
import { createProgressPrinter, explain } from "../../src/model/progress-printer.ts";

function printed(work: (progress: ReturnType<typeof createProgressPrinter>) => void): string {
  let text = "";
  work(
    createProgressPrinter((part) => {
      text += part;
    }),
  );
  return text;
}

test("progress has Dokku's prefixes, on every line of a longer text", () => {
  const text = printed((progress) => {
    progress.step("Building\nwith care");
    progress.headline("Done");
    progress.detail("one\r\ntwo");
    progress.warn("look\nout");
    progress.line("  as it is");
    progress.line("");
  });
  assert.equal(
    text,
    "-----> Building\n       with care\n=====> Done\n       one\n       two\n !     look\n !     out\n  as it is\n\n",
  );
});

test("an error is shown as what led to it, what it is, what to do", () => {
  const error = new UserError("x", "It failed", { details: ["first", "second"], hint: "Try again" });
  assert.equal(
    printed((progress) => explain(error, progress)),
    "       first\n       second\n !     It failed\n !     Try again\n",
  );
  assert.equal(
    printed((progress) => explain(new UserError("x", "Only this"), progress)),
    " !     Only this\n",
  );
});

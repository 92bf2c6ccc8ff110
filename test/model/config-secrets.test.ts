import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { LineSplitter } from "../../src/lib/line-splitter.ts";
import { Mask } from "../../src/lib/mask.ts";
import type { ConfigVars } from "../../src/model/app.ts";
import { maskOf } from "../../src/model/config-secrets.ts";
import { UserError } from "../../src/model/errors.ts";
import { maskError, maskProgress } from "../../src/model/masked-progress.ts";

const hidden = (config: ConfigVars, text: string, spared?: string[]): string => maskOf(config, spared).apply(text);

/** What a program's output becomes when it arrives in these chunks. */
function told(config: ConfigVars, chunks: readonly string[], prefix = ""): string[] {
  const lines: string[] = [];
  const line = (text: string): void => void lines.push(text);
  const mask = maskOf(config);
  const progress = maskProgress({ step: line, headline: line, detail: line, warn: line, line }, () => mask);
  const splitter = new LineSplitter((text) => progress.line(prefix + text));
  for (const chunk of chunks) splitter.write(Buffer.from(chunk));
  splitter.end();
  progress.end();
  return lines;
}

suite("the mask of config vars", () => {
  test("hides values, the longest first, in every writing", () => {
    const config = { TOKEN: "s3cr3t-t0ken", LONGER: 's3cr3t-t0ken/and "more"', PIN_KEY: "ab1x" };
    assert.equal(hidden(config, "RUN |1 TOKEN=s3cr3t-t0ken make"), "RUN |1 TOKEN=******* make");
    assert.equal(hidden(config, 'a s3cr3t-t0ken/and "more" b ab1x'), "a ******* b *******");
    assert.equal(hidden(config, '{"v": "s3cr3t-t0ken/and \\"more\\""}'), '{"v": "*******"}');
    assert.equal(hidden(config, "?v=s3cr3t-t0ken%2Fand%20%22more%22&x"), "?v=*******&x");
    assert.equal(hidden({ A: "$& and $1" }, "x $& and $1 y"), "x ******* y");
  });

  test("hides each line of a value, and the password of an address", () => {
    const pem = "-----BEGIN KEY-----\nMIIEvQIBADAN\nBgkqhkiG\n-----END KEY-----\n";
    assert.equal(hidden({ PEM: pem }, "x MIIEvQIBADAN y"), "x ******* y");
    assert.equal(hidden({ PEM: pem }, "BgkqhkiG"), "*******");
    const url = { DATABASE_URL: "postgres://shop:p%40ss-word@db.internal:5432/shop" };
    assert.equal(hidden(url, "login shop with p@ss-word"), "login shop with *******");
    assert.equal(hidden(url, url.DATABASE_URL), "*******");
    const buildpack = { BUILDPACK_URL: "https://me:t0ken-1@git.example.com/b.git" };
    assert.equal(hidden(buildpack, buildpack.BUILDPACK_URL), "https://me:*******@git.example.com/b.git");
  });

  test("leaves what logs are full of for other reasons", () => {
    const config = {
      ...{ DEBUG: "1", CI: "true", RAILS_ENV: "production", NODE_ENV: "my-staging-env", ROLE: "worker", PORT: "5000" },
      ...{
        NODE_VERSION: "22.11.0",
        RUBY: "3.3.6",
        SHORT: "abcde",
        PASSWORD_LENGTH: "16",
        MEMORY: "512mb",
        NAME: "my-shop",
      },
      ...{ SECRET_KEY_BASE_DUMMY: "1", AUTH: "none", EMPTY: "" },
    };
    const text = "1 true production my-staging-env worker 5000 22.11.0 3.3.6 abcde 16 512mb my-shop none";
    assert.equal(hidden(config, text, ["my-shop"]), text);
  });

  test("hides a value across chunks, and across the cut of a line that is too long", () => {
    const secret = "correct-horse-battery";
    const config = { PHRASE: secret };
    for (let at = 1; at < secret.length; at++) {
      assert.deepEqual(told(config, [`is ${secret.slice(0, at)}`, `${secret.slice(at)} ok\n`]), ["is ******* ok"]);
      for (const prefix of ["", "#7 "]) {
        const long = "x".repeat(65_536 - at);
        const lines = told(config, [`${long}${secret} ok\n`, "next\n"], prefix).map((line) =>
          line.slice(prefix.length),
        );
        assert.equal(lines.join(""), `${long}******* oknext`, `${at} ${prefix}`);
      }
    }
    const large = "k".repeat(100_000);
    assert.equal(told({ LARGE: large }, [`a${large}b\n`]).join(""), "a*******b");
    assert.equal(told(config, [`${"x".repeat(65_530)}correct-horse`]).join(""), `${"x".repeat(65_530)}correct-horse`);
  });

  test("finds the longest beginning of a secret that a text ends with", () => {
    const words = (length: number): string[] =>
      length === 0 ? [""] : words(length - 1).flatMap((word) => [`${word}a`, `${word}b`]);
    for (const secret of words(5)) {
      for (const text of words(7)) {
        const lengths = [4, 3, 2, 1].filter((length) => text.endsWith(secret.slice(0, length)));
        assert.equal(new Mask([secret]).unfinished(text), lengths[0] ?? 0, `${secret} ${text}`);
      }
    }
  });

  // Compared length by length, each of these lines took 20 seconds in which the daemon did nothing else.
  test("hides a long value that repeats itself like the output", () => {
    const value = "a".repeat(60_000) + "b".repeat(60_000);
    const pieces = `${"a".repeat(65_535)}c`.repeat(50);
    assert.equal(told({ VALUE: value }, [`${pieces}${value}\n`]).join(""), `${pieces}*******`);
  });

  test("keeps apart what two steps of a build print at once", () => {
    const lines: string[] = [];
    const line = (text: string): void => void lines.push(text);
    const mask = maskOf({ PHRASE: "correct-horse" });
    const progress = maskProgress({ step: line, headline: line, detail: line, warn: line, line }, () => mask);
    progress.line(`#1 ${"x".repeat(65_529)}correct`);
    progress.line("#2 other");
    progress.line("#1 -horse end");
    assert.deepEqual(lines, [`#1 ${"x".repeat(65_529)}`, "#2 other", "#1 ******* end"]);
  });

  test("hides values in a failure's message, hint and details", () => {
    const mask = maskOf({ TOKEN: "hunter2" });
    const error = new UserError("x", "'curl hunter2' ended", { hint: "hunter2", details: ["a hunter2"], exitCode: 7 });
    const shown = maskError(error, mask) as UserError;
    assert.deepEqual([shown.message, shown.hint, shown.details], ["'curl *******' ended", "*******", ["a *******"]]);
    assert.deepEqual([shown.code, shown.exitCode], ["x", 7]);
    const other = new UserError("x", "no secret");
    assert.equal(maskError(other, mask), other);
  });
});

import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { normalizeDomain, normalizePlainDomain, shownDomain, splitDomain } from "../../src/model/domain.ts";

suite("a domain", () => {
  test("is kept in lower case and punycode, without a trailing dot", () => {
    const cases = {
      "Example.COM.": "example.com",
      "bücher.example": "xn--bcher-kva.example",
      "*.Bücher.example": "*.xn--bcher-kva.example",
      "*": "*",
      "Example.com/API/v1/": "example.com/API/v1",
      "example.com/süß": "example.com/s%C3%BC%C3%9F",
      "example.com/s%c3%bc": "example.com/s%C3%BC",
      "*.example.com/api": "*.example.com/api",
      "_acme.example.com": "_acme.example.com",
    };
    for (const [given, kept] of Object.entries(cases)) assert.equal(normalizeDomain(given), kept, given);
    for (const kept of Object.values(cases)) assert.equal(normalizeDomain(kept), kept, kept);
  });

  test("has no scheme, port, query, dot segment, inner wildcard or space", () => {
    const bad = [
      "",
      ".",
      "*.",
      "http://example.com",
      "example.com:80",
      "example.com/a?b",
      "example.com/a#b",
      "example.com//a",
      "example.com/a/../b",
      "example.com/./a",
      "example.com/%zz",
      "a.*.example.com",
      "**.example.com",
      "-a.example.com",
      `${"a".repeat(64)}.com`,
      `example.com/${"a".repeat(1100)}`,
    ];
    for (const given of bad) assert.throws(() => normalizeDomain(given), { code: "invalid-domain" }, given);
    for (const given of ["*.example.com", "*", "example.com/a"]) {
      assert.throws(() => normalizePlainDomain(given), { code: "invalid-domain" }, given);
    }
  });

  test("is shown in its own script, and as it is kept", () => {
    assert.equal(shownDomain("xn--bcher-kva.example/a"), "bücher.example/a (xn--bcher-kva.example/a)");
    assert.equal(shownDomain("*.xn--bcher-kva.example"), "*.bücher.example (*.xn--bcher-kva.example)");
    assert.equal(shownDomain("example.com"), "example.com");
    assert.deepEqual(splitDomain("example.com/a/b"), { host: "example.com", path: "/a/b" });
  });
});

import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { editDistance, nearest } from "../../src/lib/nearest.ts";

describe("nearest", () => {
  test("finds what was probably meant", () => {
    const known = ["ssh-port", "http-port", "https-port", "root"];
    assert.equal(nearest("ssh-prot", known), "ssh-port");
    assert.equal(nearest("htp-port", known), "http-port");
    assert.equal(nearest("rot", known), "root");
    assert.equal(nearest("root", known), "root");
  });

  test("finds nothing where nothing is close", () => {
    for (const word of ["colour", "x", "", "domain-name"]) assert.equal(nearest(word, ["ssh-port", "root"]), undefined);
  });

  test("counts a swap of neighbours as one mistake", () => {
    assert.equal(editDistance("prot", "port"), 1);
    assert.equal(editDistance("kitten", "sitting"), 3);
    assert.equal(editDistance("", "abc"), 3);
  });
});

import assert from "node:assert/strict";
import { test } from "node:test";
import { hostServices } from "../../src/config/rules.ts";

test("reads the services of a host that containers may use", () => {
  assert.deepEqual(hostServices.parse("none"), []);
  assert.equal(hostServices.parse("all"), "all");
  assert.deepEqual(hostServices.parse("5432, 192.0.2.7:8125/udp"), [
    { address: undefined, port: 5432, protocol: "tcp" },
    { address: "192.0.2.7", port: 8125, protocol: "udp" },
  ]);
  for (const wrong of ["", "0", "70000", "localhost:80", "192.0.2:80", "80/sctp", "80;-j ACCEPT", "80,", "all,80"]) {
    assert.equal(hostServices.parse(wrong), undefined, wrong);
  }
});

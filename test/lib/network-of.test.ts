import assert from "node:assert/strict";
import { test } from "node:test";
import { networkOf } from "../../src/lib/network-of.ts";

test("names the network of an address, however the address is written", () => {
  const cases: [string, string, string][] = [
    ["192.0.2.7", "192.0.2.7/32", "192.0.2.0/24"],
    ["255.255.255.255", "255.255.255.255/32", "255.255.255.0/24"],
    ["2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
    ["2001:0DB8:0001:0002::6", "2001:db8:1:2::/64", "2001:db8:1::/48"],
    ["2001:db8::6", "2001:db8:0:0::/64", "2001:db8:0::/48"],
    ["::1", "0:0:0:0::/64", "0:0:0::/48"],
    ["fe80::1%eth0", "fe80:0:0:0::/64", "fe80:0:0::/48"],
    ["unknown", "unknown", "unknown"],
  ];
  for (const [address, narrow, wide] of cases) {
    assert.equal(networkOf(address, { v4: 32, v6: 64 }), narrow);
    assert.equal(networkOf(address, { v4: 24, v6: 48 }), wide);
  }
});

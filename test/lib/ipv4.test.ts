import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  contains,
  formatAddress,
  formatSubnet,
  halves,
  parseAddress,
  parseSubnet,
  type Subnet,
  subnetSize,
} from "../../src/lib/ipv4.ts";

suite("IPv4", () => {
  test("addresses are read and written", () => {
    for (const text of ["0.0.0.0", "10.0.0.1", "192.168.255.254", "255.255.255.255"]) {
      assert.equal(formatAddress(parseAddress(text) as number), text);
    }
    for (const text of ["", "1.2.3", "1.2.3.256", "1.2.3.4.5", "a.b.c.d", "1.2.3.-4", "::1"]) {
      assert.equal(parseAddress(text), undefined, text);
    }
  });

  test("subnets are read, cut to their prefix, halved", () => {
    const subnet = parseSubnet("172.18.3.4/16") as Subnet;
    assert.equal(formatSubnet(subnet), "172.18.0.0/16");
    assert.equal(subnetSize(subnet), 65_536);
    assert.deepEqual(halves(subnet).map(formatSubnet), ["172.18.0.0/17", "172.18.128.0/17"]);
    assert.ok(contains(subnet, parseAddress("172.18.255.255") as number));
    assert.ok(!contains(subnet, parseAddress("172.19.0.0") as number));
    for (const text of ["172.18.0.0", "172.18.0.0/33", "172.18.0.0/x", "fe80::/64", "/16"]) {
      assert.equal(parseSubnet(text), undefined, text);
    }
  });
});

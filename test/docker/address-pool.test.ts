import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { AddressPool } from "../../src/docker/address-pool.ts";
import { parseSubnet, type Subnet } from "../../src/lib/ipv4.ts";

const range = parseSubnet("10.0.0.0/29") as Subnet;
const reserved = ["10.0.0.0", "10.0.0.1"];

suite("Addresses of dynos", () => {
  test("each is given once, and never a reserved one", () => {
    const pool = new AddressPool(range, reserved, 0);
    const given = Array.from({ length: 6 }, () => pool.take());
    assert.deepEqual(given, ["10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7"]);
    assert.throws(() => pool.take(), { code: "addresses-exhausted" });
  });

  test("one that was given back is used again as late as possible", () => {
    const pool = new AddressPool(range, reserved, 3);
    assert.equal(pool.take(), "10.0.0.3");
    pool.giveBack("10.0.0.3");
    const given = Array.from({ length: 6 }, () => pool.take());
    assert.deepEqual(given, ["10.0.0.4", "10.0.0.5", "10.0.0.6", "10.0.0.7", "10.0.0.2", "10.0.0.3"]);
  });

  test("what is in use is passed over, and what is elsewhere is no concern", () => {
    const pool = new AddressPool(range, reserved, 2);
    for (const address of ["10.0.0.2", "10.0.0.4", "192.168.0.1", "nonsense"]) pool.use(address);
    assert.deepEqual([pool.take(), pool.take()], ["10.0.0.3", "10.0.0.5"]);
  });
});

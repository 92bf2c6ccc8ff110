import assert from "node:assert/strict";
import { generateKeyPairSync } from "node:crypto";
import { describe, it, type TestContext } from "node:test";
import type { Requester } from "../../src/operations/operations.ts";
import { createWorld } from "../helpers/world.ts";

const local: Requester = { name: "local", local: true };
const by = (name: string): Requester => ({ name, local: false });

function publicKey(): string {
  const { x = "" } = generateKeyPairSync("ed25519").publicKey.export({ format: "jwk" });
  const text = (value: Buffer): Buffer => {
    const length = Buffer.alloc(4);
    length.writeUInt32BE(value.length);
    return Buffer.concat([length, value]);
  };
  const blob = Buffer.concat([text(Buffer.from("ssh-ed25519")), text(Buffer.from(x, "base64url"))]);
  return `ssh-ed25519 ${blob.toString("base64")}`;
}

describe("keys and who may change them", () => {
  async function setUp(t: TestContext) {
    const { operations } = await createWorld(t);
    const add = (name: string, requester: Requester, admin = false) =>
      operations.addKey({ name, publicKey: publicKey(), admin }, requester);
    const names = async () => (await operations.listKeys()).map(({ name, admin }) => (admin ? `${name}*` : name));
    return { operations, add, names };
  }

  it("makes the first key an admin, and others when asked to", async (t) => {
    const { add, names } = await setUp(t);
    await add("ann", local);
    await add("bob", local);
    await add("eve", local, true);
    assert.deepEqual(await names(), ["ann*", "bob", "eve*"]);
  });

  it("refuses changes by a key that is no admin, or that is gone", async (t) => {
    const { operations, add, names } = await setUp(t);
    await add("ann", local);
    await add("bob", local);
    for (const requester of [by("bob"), by("gone"), by("local")]) {
      await assert.rejects(add("eve", requester), { code: "admin-required" });
      await assert.rejects(operations.removeKey({ nameOrFingerprint: "ann" }, requester), { code: "admin-required" });
      await assert.rejects(operations.removeKey({ nameOrFingerprint: "bob" }, requester), { code: "admin-required" });
      const promote = operations.setKeyAdmin({ nameOrFingerprint: "bob", admin: true }, requester);
      await assert.rejects(promote, { code: "admin-required" });
    }
    assert.deepEqual(await names(), ["ann*", "bob"]);
  });

  it("lets an admin key add, mark and remove keys", async (t) => {
    const { operations, add, names } = await setUp(t);
    await add("ann", local);
    await add("bob", by("ann"));
    await operations.setKeyAdmin({ nameOrFingerprint: "bob", admin: true }, by("ann"));
    const removed = await operations.removeKey({ nameOrFingerprint: "ann" }, by("bob"));
    assert.equal(removed.name, "ann");
    assert.deepEqual(await names(), ["bob*"]);
    await assert.rejects(operations.removeKey({ nameOrFingerprint: "ann" }, by("bob")), { code: "key-missing" });
  });

  it("keeps the last admin key over ssh, and lets the local command remove it", async (t) => {
    const { operations, add, names } = await setUp(t);
    await add("ann", local);
    await add("bob", local);
    await assert.rejects(operations.removeKey({ nameOrFingerprint: "ann" }, by("ann")), { code: "last-admin" });
    const demote = operations.setKeyAdmin({ nameOrFingerprint: "ann", admin: false }, by("ann"));
    await assert.rejects(demote, { code: "last-admin" });
    await operations.removeKey({ nameOrFingerprint: "bob" }, by("ann"));
    await operations.removeKey({ nameOrFingerprint: "ann" }, local);
    assert.deepEqual(await names(), []);
  });
});

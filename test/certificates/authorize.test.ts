import assert from "node:assert/strict";
import { test } from "node:test";
import { type Authorization, authorize, type Work } from "../../src/certificates/acme/authorize.ts";
import type { AcmeClient } from "../../src/certificates/acme/client.ts";
import { newKey } from "../../src/certificates/x509.ts";

const authorization: Authorization = {
  status: "pending",
  identifier: { value: "example.com" },
  wildcard: true,
  challenges: [{ type: "dns-01", url: "https://ca.test/1", token: "token" }],
};

/** An authority that comes to this result, and a hook that cannot clean up. */
function workWith(status: string, steps: string[]): Work {
  const client = { post: async () => undefined, poll: async () => ({ ...authorization, status }) };
  const dns = { present: async () => undefined, withdraw: () => Promise.reject(new Error("the hook is broken")) };
  return {
    client: client as unknown as AcmeClient,
    account: newKey(),
    solver: { present: async () => undefined, withdraw: async () => undefined, dns },
    challenge: "http-01",
    now: Date.now,
    onStep: (text) => steps.push(text),
  };
}

test("a proof that cannot be taken away again is told, and changes nothing about the result", async () => {
  const steps: string[] = [];
  await authorize(workWith("valid", steps), "https://ca.test/authorization", authorization);
  assert.match(steps.at(-1) ?? "", /\*\.example\.com stays where it was: the hook is broken/);
  const failed = authorize(workWith("invalid", steps), "https://ca.test/authorization", authorization);
  await assert.rejects(failed, /could not be verified/);
});

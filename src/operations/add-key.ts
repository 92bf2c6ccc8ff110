import { UserError } from "../model/errors.ts";
import type { Key } from "../model/key.ts";
import { parsePublicKey } from "../model/public-key.ts";
import type { Context } from "./context.ts";
import { requireAdmin } from "./key-admins.ts";
import type { Requester } from "./operations.ts";

const keyName = /^[A-Za-z0-9][A-Za-z0-9._@+-]{0,63}$/;

export async function addKey(
  context: Context,
  input: { name: string; publicKey: string; admin: boolean },
  by: Requester,
): Promise<Key> {
  if (!keyName.test(input.name)) {
    throw new UserError("invalid-key-name", `Invalid key name: '${input.name}'`, {
      hint: "Letters, digits and . _ @ + - are allowed, 64 at most",
    });
  }
  const { publicKey, fingerprint } = parsePublicKey(input.publicKey);
  return context.store.write((changes) => {
    requireAdmin(changes, by);
    // Somebody must be able to add the next one.
    const admin = input.admin || changes.keys.list().length === 0;
    const key: Key = { name: input.name, fingerprint, publicKey, admin, createdAt: context.now() };
    if (changes.keys.byName(key.name) !== undefined) {
      throw new UserError("key-name-taken", `A key named ${key.name} exists`, {
        hint: `Choose another name, or remove that one first: ssh-keys:remove ${key.name}`,
      });
    }
    const same = changes.keys.byFingerprint(fingerprint);
    if (same !== undefined) throw new UserError("key-taken", `This key was added before, as ${same.name}`);
    changes.keys.insert(key);
    return key;
  });
}

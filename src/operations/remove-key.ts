import type { Key } from "../model/key.ts";
import type { Context } from "./context.ts";
import { findKey, requireAdmin, requireOtherAdmin } from "./key-admins.ts";
import type { Requester } from "./operations.ts";

export async function removeKey(context: Context, input: { nameOrFingerprint: string }, by: Requester): Promise<Key> {
  return context.store.write((changes) => {
    requireAdmin(changes, by);
    const key = findKey(changes, input.nameOrFingerprint);
    requireOtherAdmin(changes, key, by);
    changes.keys.remove(key.fingerprint);
    return key;
  });
}

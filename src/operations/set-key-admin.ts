import type { Key } from "../model/key.ts";
import type { Context } from "./context.ts";
import { findKey, requireAdmin, requireOtherAdmin } from "./key-admins.ts";
import type { Requester } from "./operations.ts";

export async function setKeyAdmin(
  context: Context,
  input: { nameOrFingerprint: string; admin: boolean },
  by: Requester,
): Promise<Key> {
  return context.store.write((changes) => {
    requireAdmin(changes, by);
    const key = findKey(changes, input.nameOrFingerprint);
    if (!input.admin) requireOtherAdmin(changes, key, by);
    const changed = { ...key, admin: input.admin };
    changes.keys.update(changed);
    return changed;
  });
}

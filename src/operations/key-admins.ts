import { UserError } from "../model/errors.ts";
import type { Key } from "../model/key.ts";
import type { View } from "../store/store.ts";
import type { Requester } from "./operations.ts";

/** Keys decide who may log in, so not every key may change them. Throws `admin-required`. */
export function requireAdmin(view: View, by: Requester): void {
  if (by.local || view.keys.byName(by.name)?.admin === true) return;
  throw new UserError("admin-required", `The key ${by.name} may not change which keys may log in`, {
    hint: "Use a key that ssh-keys:list marks as admin, or the berth command on the machine itself",
  });
}

/** Over ssh nobody may leave a host without an admin. Throws `last-admin`. */
export function requireOtherAdmin(view: View, key: Key, by: Requester): void {
  if (by.local || !key.admin || view.keys.list().some((other) => other.admin && other.name !== key.name)) return;
  throw new UserError("last-admin", `${key.name} is the last admin key`, {
    hint: `Make another key an admin first (ssh-keys:set NAME admin true), or use the berth command on the machine itself`,
  });
}

/** By name or `SHA256:` fingerprint. Throws `key-missing`. */
export function findKey(view: View, nameOrFingerprint: string): Key {
  const key = view.keys.byName(nameOrFingerprint) ?? view.keys.byFingerprint(nameOrFingerprint);
  if (key !== undefined) return key;
  throw new UserError("key-missing", `No key has the name or fingerprint ${nameOrFingerprint}`, {
    hint: "See which there are: ssh-keys:list",
  });
}

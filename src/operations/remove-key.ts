import { UserError } from "../model/errors.ts";
import type { Key } from "../model/key.ts";
import type { Context } from "./context.ts";

export async function removeKey(context: Context, input: { nameOrFingerprint: string }): Promise<Key> {
  const wanted = input.nameOrFingerprint;
  return context.store.write((changes) => {
    const key = changes.keys.byName(wanted) ?? changes.keys.byFingerprint(wanted);
    if (key === undefined) {
      throw new UserError("key-missing", `No key has the name or fingerprint ${wanted}`, {
        hint: "See which there are: ssh-keys:list",
      });
    }
    changes.keys.remove(key.fingerprint);
    return key;
  });
}

import { createHash, createPrivateKey, type KeyObject } from "node:crypto";
import { mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../../lib/atomic-file.ts";
import { keyPem, newKey } from "../x509.ts";

/** The key of the account at this authority, made at the first use. It stands for the account: authorities know it again. */
export async function accountKey(folder: string, directory: string): Promise<KeyObject> {
  const name = createHash("sha256").update(directory).digest("hex").slice(0, 16);
  const path = join(folder, `account-${name}.pem`);
  const stored = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stored !== undefined) return createPrivateKey(stored);
  const key = newKey();
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await writeFileAtomically(path, keyPem(key), 0o600);
  return key;
}

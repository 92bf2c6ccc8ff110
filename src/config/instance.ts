import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { UserError } from "../model/errors.ts";

/**
 * The random id of the Berth that lives in this root, made at its first start: 10 hex digits. `remembered` is what the store
 * has of it: the file may have been lost.
 */
export async function loadInstanceId(path: string, remembered?: string): Promise<string> {
  const stored = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (stored === undefined) {
    const id = remembered ?? randomBytes(5).toString("hex");
    await writeFileAtomically(path, `${id}\n`);
    return id;
  }
  const id = stored.trim();
  // Every container is found by this id: a guess would orphan them all.
  if (/^[0-9a-f]{10}$/.test(id)) return id;
  throw new UserError("invalid-instance-id", `${path} does not hold the id of a Berth, but '${id.slice(0, 40)}'`, {
    hint: "Restore it from a backup; containers carry it in their label berth.instance",
  });
}

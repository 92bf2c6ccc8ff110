import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { parseSnapshot, type RouteTable, snapshotText } from "../model/route.ts";
import type { LastRoutes } from "../operations/context.ts";

/** The file from which router workers take their table where no daemon tells them one. */
export function createLastRoutes(path: string): LastRoutes {
  return {
    read: async () => (await readTable(path)).apps,
    write: async (apps) => {
      const table = await readTable(path);
      await writeFileAtomically(path, snapshotText({ ...table, apps }), 0o600);
    },
  };
}

/** An empty one where it is missing or damaged. */
async function readTable(path: string): Promise<RouteTable> {
  try {
    return parseSnapshot(await readFile(path, "utf8"));
  } catch {
    return { revision: 0, apps: [] };
  }
}

import { readFile } from "node:fs/promises";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import type { AppRoutes, RouteTable } from "../model/route.ts";
import type { LastRoutes } from "../operations/context.ts";

/** The file from which router workers take their table where no daemon tells them one. */
export function createLastRoutes(path: string): LastRoutes {
  return {
    read: async () => (await readTable(path)).apps,
    write: async (apps) => {
      const table = await readTable(path);
      await writeFileAtomically(path, JSON.stringify({ ...table, apps }), 0o600);
    },
  };
}

/** An empty one where it is missing or damaged. */
async function readTable(path: string): Promise<RouteTable> {
  const empty = { revision: 0, apps: [] };
  try {
    const table = JSON.parse(await readFile(path, "utf8")) as Partial<RouteTable>;
    const { revision, apps } = table;
    if (typeof revision !== "number" || !Array.isArray(apps) || !apps.every(isAppRoutes)) return empty;
    return { ...table, revision, apps };
  } catch {
    return empty;
  }
}

function isAppRoutes({ app, hosts, targets }: Partial<AppRoutes>): boolean {
  return typeof app === "string" && Array.isArray(hosts) && Array.isArray(targets);
}

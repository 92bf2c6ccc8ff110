import { readFile } from "node:fs/promises";
import type { AppRoutes, RouteTable } from "../model/route.ts";

/** The apps of the router's last table; none where it cannot be read. */
export async function readLastRoutes(path: string): Promise<readonly AppRoutes[]> {
  try {
    const { apps } = JSON.parse(await readFile(path, "utf8")) as Partial<RouteTable>;
    return Array.isArray(apps) ? apps.filter(({ app, hosts }) => typeof app === "string" && Array.isArray(hosts)) : [];
  } catch {
    return [];
  }
}

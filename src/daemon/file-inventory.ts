import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Paths } from "../config/paths.ts";
import type { Inventory, Thing } from "../operations/inventory.ts";

const uuid = /\.[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
/** A router worker, which needs no daemon, may just be writing its table. */
const restMs = 60_000;

/** Files in the root that belong to an app, and those that somebody was killed over. */
export function createFileInventory(paths: Paths): Inventory {
  const lists: readonly (() => Promise<Thing[]>)[] = [
    async () => (await namesIn(paths.accessLogs)).flatMap((name) => accessLog(paths.accessLogs, name)),
    async () => (await namesIn(paths.errorPages)).filter(isPage).map((name) => ({ kind: "page", id: name })),
    () => unfinished(paths.root),
    () => unfinished(paths.errorPages),
    async () =>
      (await namesIn(paths.buildpacks))
        .filter((name) => name.startsWith("scratch-"))
        .map((name) => ({ kind: "scratch", id: join(paths.buildpacks, name) })),
  ];
  return {
    list: async () => (await Promise.all(lists.map((list) => list()))).flat(),
    remove: async ({ kind, id }) => {
      if (kind === "page" && isPage(id)) await rm(join(paths.errorPages, id), { force: true });
      const isOurs = id.startsWith(`${paths.root}/`) && !id.startsWith(`${paths.repositories}/`);
      if (isOurs && (kind === "access-log" || kind === "scratch")) await rm(id, { recursive: true, force: true });
    },
  };
}

/** `_.log` is for requests that no app answers. */
function accessLog(folder: string, name: string): Thing[] {
  const app = /^([^_].*)\.log(\.1)?$/.exec(name)?.[1];
  return app === undefined ? [] : [{ kind: "access-log", id: join(folder, name), app }];
}

function isPage(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}

/** What a write-and-rename has not got to rename. */
async function unfinished(folder: string): Promise<Thing[]> {
  const found: Thing[] = [];
  for (const name of await namesIn(folder)) {
    if (!uuid.test(name)) continue;
    const path = join(folder, name);
    const age = Date.now() - ((await stat(path).catch(() => undefined))?.mtimeMs ?? Date.now());
    if (age > restMs) found.push({ kind: "scratch", id: path });
  }
  return found;
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

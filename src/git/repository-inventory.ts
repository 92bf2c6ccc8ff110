import { readdir, readFile, readlink, rm } from "node:fs/promises";
import { join } from "node:path";
import { parseStamp } from "../model/stamp.ts";
import type { Inventory, Thing } from "../operations/inventory.ts";
import type { Repositories } from "./repositories.ts";
import { stampFile } from "./repository-files.ts";

interface Options {
  readonly folder: string;
  readonly repositories: Repositories;
}

const ending = ".git";

/** Repositories, and in them what git leaves behind when it is killed: itself it keeps that for two weeks, or for ever. */
export function createRepositoryInventory({ folder, repositories }: Options): Inventory {
  return {
    list: async () => {
      const names = await namesIn(folder);
      const busy = await workingFolders();
      const apps = names.filter((name) => name.endsWith(ending) && !name.startsWith("."));
      const found = await Promise.all(apps.map((name) => inRepository(folder, name, busy)));
      const scratch = await namesIn(join(folder, ".scratch"));
      return [
        ...found.flat(),
        ...scratch.map((name): Thing => ({ kind: "scratch", id: join(folder, ".scratch", name) })),
      ];
    },
    remove: async ({ kind, id, app }) => {
      if (kind === "repository" && app !== undefined) await repositories.remove(app);
      const isOurs = id.startsWith(`${folder}/`);
      if (isOurs && (kind === "unfinished" || kind === "scratch")) await rm(id, { recursive: true, force: true });
    },
  };
}

async function inRepository(folder: string, name: string, busy: ReadonlySet<string>): Promise<Thing[]> {
  const path = join(folder, name);
  const app = name.slice(0, -ending.length);
  const text = await readFile(join(path, stampFile), "utf8").catch(() => "");
  const repository: Thing = { kind: "repository", id: path, app, stamp: parseStamp(text) };
  // A push or a collection that an earlier daemon began may still be at its end.
  if (busy.has(path)) return [repository];
  return [repository, ...(await unfinishedIn(path)).map((id): Thing => ({ kind: "unfinished", id, app }))];
}

async function unfinishedIn(repository: string): Promise<string[]> {
  const [top, objects, packs, refs] = await Promise.all([
    namesIn(repository),
    namesIn(join(repository, "objects")),
    namesIn(join(repository, "objects", "pack")),
    allIn(join(repository, "refs")),
  ]);
  const loose = objects.filter((name) => /^[0-9a-f]{2}$/.test(name));
  const temporary = await Promise.all(
    loose.map(async (name) => {
      const found = await namesIn(join(repository, "objects", name));
      return found.filter((one) => one.startsWith("tmp_obj_")).map((one) => join(name, one));
    }),
  );
  const below = (place: string, names: readonly string[]) => names.map((name) => join(repository, place, name));
  return [
    ...below("", top.filter(isUnfinishedFile)),
    ...below("objects", objects.filter(isQuarantine)),
    ...below("objects", temporary.flat()),
    ...below(
      "objects/pack",
      packs.filter((name) => /^\.?tmp-?_?/.test(name)),
    ),
    ...below(
      "refs",
      refs.filter((name) => name.endsWith(".lock")),
    ),
  ];
}

/** `incoming-`: as git called them before 2.35. */
function isQuarantine(name: string): boolean {
  return /^(tmp_objdir-)?incoming-/.test(name);
}

function isUnfinishedFile(name: string): boolean {
  return name.startsWith("fast_import_crash_") || name === "gc.pid" || name.endsWith(".lock");
}

/** Folders in which some process works. */
async function workingFolders(): Promise<ReadonlySet<string>> {
  const pids = (await namesIn("/proc")).filter((name) => /^\d+$/.test(name));
  const folders = await Promise.all(pids.map((pid) => readlink(`/proc/${pid}/cwd`).catch(() => "")));
  return new Set(folders);
}

async function allIn(folder: string): Promise<string[]> {
  return await readdir(folder, { recursive: true }).catch(() => []);
}

async function namesIn(folder: string): Promise<string[]> {
  return await readdir(folder).catch(() => []);
}

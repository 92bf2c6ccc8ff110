import { readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Source } from "../builders/builder.ts";
import { mapTar } from "../lib/map-tar.ts";
import { packFolder } from "../lib/pack-folder.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { folderFiles } from "./folder-files.ts";

// As git writes it where there is none.
const noCommit = "0".repeat(40);

/** The files of a folder as they are now. Throws `folder-missing`, and `folder-unreadable` from its methods. */
export async function folderSource(folder: string, options: { gitignore: boolean }): Promise<Source> {
  const isFolder = (await stat(folder).catch(() => undefined))?.isDirectory() ?? false;
  if (!isFolder) throw new UserError("folder-missing", `There is no folder ${folder}`);
  const files = await readable(folderFiles(folder, options));
  const known = new Set(files);
  const read = (path: string) => readable(readFile(join(folder, path), "utf8"));
  return {
    commit: noCommit,
    has: async (path) => known.has(path),
    read: async (path) => (known.has(path) ? read(path) : undefined),
    tar: async () => packFolder(folder, files),
  };
}

/** The same source with another text in one of its files. */
export function withFile(source: Source, path: string, content: string): Source {
  return {
    ...source,
    read: async (asked) => (asked === path ? content : source.read(asked)),
    tar: async () => {
      const rename = (name: string) => (name === path ? undefined : name);
      return mapTar(await source.tar(), { rename, ended: () => [{ name: path, content }] });
    },
  };
}

async function readable<T>(reading: Promise<T>): Promise<T> {
  try {
    return await reading;
  } catch (error) {
    throw new UserError("folder-unreadable", `The app's files cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

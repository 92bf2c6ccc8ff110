import { mapTar } from "../lib/map-tar.ts";
import { UserError } from "../model/errors.ts";
import type { Source } from "./builder.ts";

/** One folder of a source as if it were all there is. Throws `folder-missing` from `tar` where the commit has no such folder. */
export function subfolder(source: Source, folder: string): Source {
  const path = folder
    .split("/")
    .filter((part) => part !== "" && part !== ".")
    .join("/");
  if (path === "") return source;
  const prefix = `${path}/`;
  return {
    commit: source.commit,
    has: (name) => source.has(`${prefix}${name}`),
    read: (name) => source.read(`${prefix}${name}`),
    tar: async () => {
      let found = false;
      return mapTar(await source.tar(), {
        rename: (name) => {
          if (!name.startsWith(prefix)) return undefined;
          found = true;
          return name.slice(prefix.length);
        },
        ended: () => {
          if (found) return [];
          throw new UserError("folder-missing", `There is no folder '${path}' in this commit`, {
            hint: "See what is built: builder:report APP",
          });
        },
      });
    },
  };
}

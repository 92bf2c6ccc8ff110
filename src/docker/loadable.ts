import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { peek, unpacker } from "../lib/archive/peek.ts";
import { mapTar } from "../lib/map-tar.ts";
import { UserError } from "../model/errors.ts";
import { isOwnName } from "./image-name.ts";

// Where an archive of `docker save`, old or new, says what names its images get.
const lists = ["manifest.json", "repositories", "index.json"];

/**
 * The archive as it may be loaded. The engine gives its images any names that it says, in place of what has them: one with
 * the name of an image of Berth's, or of another app, would be what that one builds with or runs next. The stream breaks
 * off with `image-not-loaded` then.
 */
export async function loadable(archive: Readable): Promise<Readable> {
  const { head, whole } = await peek(archive, Number.POSITIVE_INFINITY);
  const unpack = unpacker(head);
  // What goes wrong there ends the unpacking, whose reader is told.
  if (unpack !== undefined) pipeline(whole, unpack).catch(() => undefined);
  return mapTar(unpack ?? whole, {
    // By the last part of the path: links in the archive may lead anywhere in it.
    check: (name) => (lists.includes(name.slice(name.lastIndexOf("/") + 1)) ? refuseOwnNames : undefined),
  });
}

function refuseOwnNames(content: string): void {
  const names = new Set<string>();
  try {
    JSON.parse(content, (key, value: unknown) => {
      names.add(key);
      if (typeof value === "string") names.add(value);
      return value;
    });
  } catch (cause) {
    throw new UserError("image-not-loaded", "The archive's list of images cannot be read", { cause });
  }
  const own = [...names].find(isOwnName);
  if (own === undefined) return;
  throw new UserError("image-not-loaded", `An image may not be loaded under a name of Berth's own: ${own}`, {
    hint: "Give it another one first: docker tag IMAGE NAME, and save that",
  });
}

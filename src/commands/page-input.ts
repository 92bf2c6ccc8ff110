import { UserError } from "../model/errors.ts";
import type { Caller } from "./command.ts";

const longestPage = 512 * 1024;

/** A page from standard input, or from a file where the caller has one. */
export async function readPage(path: string | undefined, { readAll, readFile }: Caller): Promise<string> {
  if (path === undefined) return readAll(longestPage);
  if (readFile === undefined) {
    throw new UserError("no-files-over-ssh", "A path can only be read by the local berth command", {
      hint: "Over ssh give the page on standard input: ssh ... < page.html",
    });
  }
  const page = await readFile(path);
  if (page.length > longestPage) throw new UserError("input-too-large", `The page is longer than ${longestPage} bytes`);
  return page.toString("utf8");
}

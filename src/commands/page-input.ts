import { isUtf8 } from "node:buffer";
import { UserError } from "../model/errors.ts";
import type { Caller } from "./command.ts";

const longestPage = 512 * 1024;

/** A page from standard input, or from a file where the caller has one. */
export async function readPage(path: string | undefined, caller: Caller): Promise<string> {
  const page = path === undefined ? await caller.readAll(longestPage) : await readPageFile(path, caller);
  // It is served as UTF-8, whatever it says itself.
  if (isUtf8(page)) return page.toString("utf8");
  throw new UserError("invalid-page", "The page is not UTF-8 text", {
    hint: "Convert it first: iconv -f latin1 -t utf-8 page.html",
  });
}

async function readPageFile(path: string, { readFile }: Caller): Promise<Buffer> {
  if (readFile === undefined) {
    throw new UserError("no-files-over-ssh", "A path can only be read by the local berth command", {
      hint: "Over ssh give the page on standard input: ssh ... < page.html",
    });
  }
  const page = await readFile(path);
  if (page.length > longestPage) throw new UserError("input-too-large", `The page is longer than ${longestPage} bytes`);
  return page;
}

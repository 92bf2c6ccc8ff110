import type { Readable } from "node:stream";
import { ArchiveError } from "../lib/archive/archive.ts";
import { readArchive } from "../lib/archive/read-archive.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { importSource } from "./import-source.ts";
import type { Author, Deployed, Job } from "./operations.ts";
import { textProperty } from "./properties.ts";
import { appByName } from "./require-app.ts";

export interface ArchiveImport {
  readonly app: string;
  /** An address, or the archive itself. */
  readonly from: string | Readable;
  readonly author: Author | undefined;
}

export async function importArchive(context: Context, input: ArchiveImport, job: Job): Promise<Deployed> {
  const { app, from, author } = input;
  const { id } = context.store.read((view) => appByName(view, app));
  const limits = {
    files: Number(textProperty(context, id, "git.archive-max-files")),
    bytes: Number(textProperty(context, id, "git.archive-max-size")),
  };
  const shownFrom = typeof from === "string" ? withoutPassword(from) : "standard input";
  job.progress.step(`Fetching archive from ${shownFrom}`);
  try {
    const stream = typeof from === "string" ? await fetchArchive(context, from, job.signal) : from;
    const message = `Deploy of an archive from ${shownFrom}`;
    const read = readArchive.bind(undefined, { stream, limits, scratch: context.scratch });
    return await importSource(context, { app, author, read, message }, job);
  } catch (error) {
    throw asUserError(error);
  }
}

async function fetchArchive(context: Context, address: string, signal: AbortSignal): Promise<Readable> {
  try {
    return await context.download(address, signal);
  } catch (error) {
    signal.throwIfAborted();
    const message = `Cannot fetch ${withoutPassword(address)}: ${messageOf(error)}`;
    throw new UserError("archive-unreachable", message, { cause: error });
  }
}

function asUserError(error: unknown): unknown {
  if (!(error instanceof ArchiveError)) return error;
  const hint =
    error.code === "archive-too-large"
      ? "Larger ones are taken after git:set APP archive-max-size BYTES or archive-max-files NUMBER"
      : "Nothing was changed";
  return new UserError(error.code, error.message, { hint, cause: error });
}

function withoutPassword(address: string): string {
  return address.replace(/\/\/[^/@\s]+@/, "//***@");
}

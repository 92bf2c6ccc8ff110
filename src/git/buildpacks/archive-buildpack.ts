import { randomUUID } from "node:crypto";
import { rm } from "node:fs/promises";
import type { BuildpackArchive } from "../../builders/buildpack-library.ts";
import { download } from "../../lib/download.ts";
import { withoutPassword } from "../../lib/printable.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import type { Shelving } from "./shelving.ts";
import { unreachable } from "./unreachable.ts";

interface ArchiveBuildpack {
  readonly url: string;
  readonly sha256: string | undefined;
}

const maxBytes = 512 * 1024 * 1024;
const timeoutMs = 300_000;

/** An archive from a web server. With a checksum it is got once; without one each time, as nothing says whether it changed. */
export async function archiveBuildpack(
  { url, sha256 }: ArchiveBuildpack,
  shelving: Shelving,
): Promise<BuildpackArchive> {
  const { shelf, progress, signal } = shelving;
  const address = withoutPassword(url);
  const known = sha256 === undefined ? undefined : await shelf.take(sha256);
  if (known !== undefined) return known;
  progress.detail(`Fetching ${address}`);
  const file = shelf.scratch(randomUUID());
  try {
    const version = await got(url, file, shelving);
    if (sha256 !== undefined && version !== sha256) {
      throw new UserError("buildpack-changed", `Buildpack ${address} is not what its checksum says`, {
        details: [`SHA-256 wanted: ${sha256}`, `SHA-256 found:  ${version}`],
      });
    }
    await shelf.remember(undefined, version);
    return await shelf.put(version, file);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof UserError) throw error;
    const version = sha256 === undefined ? await shelf.meantBy(undefined) : undefined;
    const kept = version === undefined ? undefined : await shelf.take(version);
    const reason = withoutPassword(messageOf(error));
    if (kept === undefined) throw unreachable(address, reason, error);
    progress.warn(`${address} cannot be fetched (${reason}): using what it was before`);
    return kept;
  } finally {
    await rm(file, { force: true });
  }
}

function got(url: string, file: string, { options, signal }: Shelving): Promise<string> {
  const within = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
  const { environment: proxies = {}, caFile } = options;
  return download(url, file, { proxies, caFile, maxBytes, signal: within });
}

import { readTar } from "../lib/untar.ts";
import { UserError } from "../model/errors.ts";
import type { Caller } from "./command.ts";

const longestInput = 1024 * 1024;
const hint = "Over ssh: tar cf - server.crt server.key | ssh ... certs:add APP";

export interface CertificateFiles {
  readonly certificate: string;
  readonly key: string;
}

/** From two files of the caller's, or from an archive with both on standard input, as Dokku has it. */
export async function certificateFiles(
  crt: string | undefined,
  key: string | undefined,
  caller: Caller,
): Promise<CertificateFiles> {
  if (crt === undefined) return fromArchive(caller);
  if (key === undefined)
    throw new UserError("key-missing", "The key is missing: give certificate and key", { exitCode: 2 });
  const { readFile } = caller;
  if (readFile === undefined) {
    throw new UserError("no-files-over-ssh", "A path can only be read by the local berth command", { hint });
  }
  return { certificate: (await readFile(crt)).toString("utf8"), key: (await readFile(key)).toString("utf8") };
}

async function fromArchive(caller: Caller): Promise<CertificateFiles> {
  if (caller.hasTerminal) throw new UserError("certificate-missing", "Give a certificate and a key", { hint });
  // PEM is ASCII, so nothing that counts is lost in the conversion.
  const files = readTar(Buffer.from(await caller.readAll(longestInput), "utf8"));
  if (files === undefined) throw new UserError("no-archive", "Standard input is no tar archive", { hint });
  return { certificate: onlyFile(files, ".crt"), key: onlyFile(files, ".key") };
}

function onlyFile(files: readonly { name: string; content: Buffer }[], ending: string): string {
  // macOS puts one of these beside each file.
  const found = files.filter(({ name }) => name.endsWith(ending) && !/(^|\/)\._/.test(name));
  const [file] = found;
  if (file === undefined || found.length > 1) {
    const message = `Archive contains ${found.length === 0 ? "no" : "more than one"} ${ending} file`;
    throw new UserError("archive-invalid", message, { hint: "Put one .crt and one .key into it" });
  }
  return file.content.toString("utf8");
}

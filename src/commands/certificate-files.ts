import { gunzipSync } from "node:zlib";
import { readTar, type UnpackedFile } from "../lib/untar.ts";
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
  return { certificate: pem(await readFile(crt)), key: pem(await readFile(key)) };
}

async function fromArchive(caller: Caller): Promise<CertificateFiles> {
  if (caller.hasTerminal) throw new UserError("certificate-missing", "Give a certificate and a key", { hint });
  const files = readTar(unpacked(await caller.readAll(longestInput)));
  if (files === undefined) throw new UserError("no-archive", "Standard input is no tar archive", { hint });
  const wanted = files.filter(({ name }) => !isByproduct(name));
  return { certificate: certificateOf(wanted), key: pem(onlyFile(wanted, ".key", /\.key$/, privateKey)) };
}

/** What `tar czf` made; anything that is not gzip as it is. */
function unpacked(input: Buffer): Buffer {
  if (input[0] !== 0x1f || input[1] !== 0x8b) return input;
  try {
    return gunzipSync(input, { maxOutputLength: longestInput });
  } catch {
    return Buffer.alloc(0);
  }
}

/** What macOS puts beside each file, and what some programs make of headers that they do not know. */
function isByproduct(name: string): boolean {
  return /(^|\/)(\._|__MACOSX\/|PaxHeaders?(\.\d+)?\/)/.test(name);
}

// The names that certbot and other ACME clients use, with a number in their archive folder.
const fullChain = /(^|\/)fullchain\d*\.pem$/;
const ownCertificate = /(^|\/)cert\d*\.pem$/;
const restOfChain = /(^|\/)chain\d*\.pem$/;
const privateKey = /(^|\/)privkey\d*\.pem$/;

function certificateOf(files: readonly UnpackedFile[]): string {
  const has = (pattern: RegExp): boolean => files.some(({ name }) => pattern.test(name));
  if (has(/\.crt$/) || has(fullChain) || !has(ownCertificate)) {
    return pem(onlyFile(files, ".crt", /\.crt$/, fullChain));
  }
  const own = pem(onlyFile(files, "cert.pem", ownCertificate));
  return has(restOfChain) ? `${own}\n${pem(onlyFile(files, "chain.pem", restOfChain))}` : own;
}

/** The one file whose name fits the first of the patterns that any name fits. */
function onlyFile(files: readonly UnpackedFile[], called: string, ...patterns: RegExp[]): Buffer {
  for (const pattern of patterns) {
    const found = files.filter(({ name }) => pattern.test(name));
    const [file] = found;
    if (file === undefined) continue;
    if (found.length > 1) throw invalid(`Archive contains more than one ${called} file`);
    if (file.isLink) {
      throw new UserError("archive-invalid", `${file.name} in the archive is a link`, {
        hint: "Put the file itself into it: tar chf - ...",
      });
    }
    return file.content;
  }
  throw invalid(`Archive contains no ${called} file`);
}

function invalid(message: string): UserError {
  return new UserError("archive-invalid", message, {
    hint: "Put one .crt and one .key into it, or fullchain.pem and privkey.pem",
  });
}

/** Only ASCII counts in PEM. Comments around it may be in any encoding, so no byte must be lost or refused. */
function pem(content: Buffer): string {
  return content.toString("latin1");
}

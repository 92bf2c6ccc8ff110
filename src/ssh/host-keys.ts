import { randomUUID } from "node:crypto";
import { chmod, link, mkdir, open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { ParsedKey } from "ssh2";
import { fingerprintOf } from "../model/public-key.ts";
import { ssh2 } from "./library.ts";

const { generateKeyPair, parseKey } = ssh2.utils;
const generate = promisify(generateKeyPair) as (
  type: "ed25519" | "rsa",
  options: { bits: number },
) => Promise<{ private: string; public: string }>;

export interface HostKeys {
  /** As ssh2's server wants them, one for each signature algorithm. */
  readonly keys: ParsedKey[];
  readonly fingerprints: readonly string[];
}

/** Reads the keys of this host, making those that are missing. They stay the same for good: clients remember them. */
export async function loadHostKeys(folder: string): Promise<HostKeys> {
  await mkdir(folder, { recursive: true, mode: 0o700 });
  await chmod(folder, 0o700);
  const ed25519 = await loadKey(join(folder, "ssh_host_ed25519_key"), "ed25519", 256);
  const rsa = await loadKey(join(folder, "ssh_host_rsa_key"), "rsa", 3072);
  return {
    keys: [ed25519, named(rsa, "rsa-sha2-512"), named(rsa, "rsa-sha2-256")],
    fingerprints: [ed25519, rsa].map((key) => fingerprintOf(key.getPublicSSH())),
  };
}

/** ssh2 takes an RSA host key to mean SHA-1 signatures too; a key that goes by the algorithm's name means only that. */
function named(key: ParsedKey, type: string): ParsedKey {
  return Object.create(key, { type: { value: type } }) as ParsedKey;
}

async function loadKey(path: string, type: "ed25519" | "rsa", bits: number): Promise<ParsedKey> {
  const text = (await readKey(path)) ?? (await makeKey(path, type, bits));
  const key = parse(text);
  if (key === undefined) throw new Error(`${path} is not a private ssh key`);
  return key;
}

async function readKey(path: string): Promise<string | undefined> {
  try {
    await chmod(path, 0o600);
    return await readFile(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return undefined;
    throw error;
  }
}

async function makeKey(path: string, type: "ed25519" | "rsa", bits: number): Promise<string> {
  const pair = await generateSound(type, bits);
  const temporary = `${path}.${randomUUID()}`;
  try {
    await writeDurably(temporary, pair.private, 0o600);
    // A link, unlike a rename, fails where the file exists: whoever comes second uses the first one's key.
    await link(temporary, path);
    await rm(`${path}.pub`, { force: true });
    await writeDurably(`${path}.pub`, `${pair.public}\n`, 0o644);
    return pair.private;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    return await readFile(path, "utf8");
  } finally {
    await rm(temporary, { force: true });
  }
}

async function writeDurably(path: string, text: string, mode: number): Promise<void> {
  const file = await open(path, "wx", mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

/** ssh2's generator writes an Ed25519 key that cannot be read back about once in a few hundred times. */
async function generateSound(type: "ed25519" | "rsa", bits: number): Promise<{ private: string; public: string }> {
  for (let attempt = 1; attempt <= 10; attempt++) {
    const pair = await generate(type, { bits });
    const key = parse(pair.private);
    if (key !== undefined && signsSoundly(key)) return pair;
  }
  throw new Error(`Could not make an ssh host key of type ${type}`);
}

function signsSoundly(key: ParsedKey): boolean {
  const hash = key.type === "ssh-rsa" ? "sha256" : undefined;
  const signature = key.sign("test", hash);
  return Buffer.isBuffer(signature) && key.verify("test", signature, hash) === true;
}

function parse(text: string): ParsedKey | undefined {
  const parsed = parseKey(text);
  const key = Array.isArray(parsed) ? parsed[0] : parsed;
  return key instanceof Error || key === undefined || !key.isPrivateKey() ? undefined : key;
}

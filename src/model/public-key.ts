import { createHash, createPublicKey, type KeyObject } from "node:crypto";
import { UserError } from "./errors.ts";

export const publicKeyTypes = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "ssh-rsa",
  "sk-ssh-ed25519@openssh.com",
  "sk-ecdsa-sha2-nistp256@openssh.com",
] as const;

export type PublicKeyType = (typeof publicKeyTypes)[number];

/** A line of an authorized_keys file, taken apart. */
export interface PublicKey {
  readonly type: PublicKeyType;
  /** Type and base64 blob, without options or comment. */
  readonly publicKey: string;
  /** `SHA256:` and 43 characters of unpadded base64, as `ssh-keygen -l` prints it. */
  readonly fingerprint: string;
  /** Empty where the line has none. */
  readonly comment: string;
}

/** What a key's blob (RFC 4253, 6.6) says. `application` is set for keys of a security token. */
export interface KeyBlob {
  readonly type: PublicKeyType;
  readonly key: KeyObject;
  readonly application: string | undefined;
}

const weakestRsaBits = 2048;
// OpenSSH's own limit; checking a signature of a larger key takes long enough to be an attack.
const strongestRsaBits = 16_384;
const howToFind = "Give the line of a .pub file, such as ~/.ssh/id_ed25519.pub";

function invalidKey(message: string, hint: string = howToFind): UserError {
  return new UserError("invalid-key", message, { hint });
}

/** Takes one line as ssh-keygen writes it. Throws `invalid-key`. */
export function parsePublicKey(text: string): PublicKey {
  const line = onlyLine(text);
  const [type = "", base64 = "", ...comment] = line.split(/[ \t]+/);
  checkType(type, line);
  const blob = decodeBase64(base64);
  const { type: blobType } = readKeyBlob(blob);
  if (blobType !== type) throw invalidKey(`The key says it is ${type}, but its data is of ${blobType}`);
  return {
    type: blobType,
    publicKey: `${type} ${blob.toString("base64")}`,
    fingerprint: fingerprintOf(blob),
    comment: comment.join(" "),
  };
}

export function fingerprintOf(blob: Uint8Array): string {
  return `SHA256:${createHash("sha256").update(blob).digest("base64").replace(/=+$/, "")}`;
}

function onlyLine(text: string): string {
  if (/PRIVATE KEY/.test(text)) {
    throw invalidKey(
      "This is a private key: it must stay with its owner",
      "Give the public half, the file that ends in .pub; if others saw the private key, make a new pair",
    );
  }
  if (/BEGIN SSH2 PUBLIC KEY/.test(text)) {
    throw invalidKey("This public key is in the SSH2 format (RFC 4716)", "Convert it with: ssh-keygen -i -f FILE");
  }
  const lines = text.split(/\r?\n|\r/).filter((line) => line.trim() !== "" && !line.trimStart().startsWith("#"));
  const [line] = lines;
  if (line === undefined) throw invalidKey("There is no public key in the input");
  if (lines.length > 1)
    throw invalidKey(`The input has ${lines.length} lines; a public key is one`, "Add one key at a time");
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
  if (/[\x00-\x08\x0a-\x1f\x7f]/.test(line)) throw invalidKey("The key has control characters in it");
  return line.trim();
}

function checkType(type: string, line: string): asserts type is PublicKeyType {
  if (isPublicKeyType(type)) return;
  if (type === "ssh-dss") {
    throw invalidKey("DSA keys are too weak to be accepted", "Make a new one with: ssh-keygen -t ed25519");
  }
  if (/-cert-v01@openssh\.com$/.test(type)) {
    throw invalidKey("This is a certificate, not a public key", "Give the .pub file that it was made from");
  }
  const words = line.split(/[ \t]+/);
  if (words.some(isPublicKeyType)) {
    throw invalidKey(
      "The line has options before the key, which have no meaning here",
      "Leave out what is before the key's type (ssh-ed25519, ssh-rsa, ...)",
    );
  }
  throw invalidKey("This is not a public ssh key");
}

function isPublicKeyType(word: string): word is PublicKeyType {
  return (publicKeyTypes as readonly string[]).includes(word);
}

function decodeBase64(base64: string): Buffer {
  const blob = Buffer.from(base64, "base64");
  // Buffer.from passes over what is not base64: only the way back tells that all of it was.
  const same = blob.toString("base64").replace(/=+$/, "") === base64.replace(/=+$/, "");
  if (base64 === "" || !same) throw invalidKey("The key is damaged or cut off: its data is not base64");
  return blob;
}

/** Throws `invalid-key` for what is damaged, too weak, or of a type that is not accepted. */
export function readKeyBlob(blob: Uint8Array): KeyBlob {
  const fields = new BlobReader(Buffer.from(blob.buffer, blob.byteOffset, blob.byteLength));
  const type = fields.string().toString("latin1");
  if (!isPublicKeyType(type)) throw invalidKey("The key is of a type that is not accepted");
  const key = keyObject(type, fields);
  const application = type.startsWith("sk-") ? fields.string().toString("utf8") : undefined;
  if (!fields.atEnd) throw invalidKey("The key is damaged: there is more data than its type has");
  return { type, key, application };
}

const curves = {
  nistp256: { crv: "P-256", bytes: 32 },
  nistp384: { crv: "P-384", bytes: 48 },
  nistp521: { crv: "P-521", bytes: 66 },
} as const;

function keyObject(type: PublicKeyType, fields: BlobReader): KeyObject {
  switch (type) {
    case "ssh-ed25519":
    case "sk-ssh-ed25519@openssh.com":
      return ed25519Key(fields.string());
    case "ecdsa-sha2-nistp256":
    case "sk-ecdsa-sha2-nistp256@openssh.com":
      return ecdsaKey("nistp256", fields);
    case "ecdsa-sha2-nistp384":
      return ecdsaKey("nistp384", fields);
    case "ecdsa-sha2-nistp521":
      return ecdsaKey("nistp521", fields);
    case "ssh-rsa":
      return rsaKey(fields.string(), fields.string());
  }
}

function ed25519Key(x: Buffer): KeyObject {
  if (x.length !== 32) throw invalidKey("The key is damaged: an Ed25519 key has 32 bytes");
  return fromJwk({ kty: "OKP", crv: "Ed25519", x: x.toString("base64url") });
}

function ecdsaKey(curve: keyof typeof curves, fields: BlobReader): KeyObject {
  const { crv, bytes } = curves[curve];
  const named = fields.string().toString("latin1");
  const point = fields.string();
  if (named !== curve || point.length !== 1 + 2 * bytes || point[0] !== 4) {
    throw invalidKey("The key is damaged: its curve and its point do not fit");
  }
  const x = point.subarray(1, 1 + bytes).toString("base64url");
  const y = point.subarray(1 + bytes).toString("base64url");
  return fromJwk({ kty: "EC", crv, x, y });
}

function rsaKey(exponent: Buffer, modulus: Buffer): KeyObject {
  const n = withoutLeadingZeros(modulus);
  const bits = n.length === 0 ? 0 : n.length * 8 - Math.clz32(n[0] ?? 0) + 24;
  if (bits < weakestRsaBits) {
    throw invalidKey(
      `The RSA key has ${bits} bits, at least ${weakestRsaBits} are needed`,
      "Make a new one with: ssh-keygen -t ed25519",
    );
  }
  if (bits > strongestRsaBits) throw invalidKey(`The RSA key has ${bits} bits, ${strongestRsaBits} are the most`);
  const e = withoutLeadingZeros(exponent);
  return fromJwk({ kty: "RSA", e: e.toString("base64url"), n: n.toString("base64url") });
}

function withoutLeadingZeros(number: Buffer): Buffer {
  const start = number.findIndex((byte) => byte !== 0);
  return start === -1 ? number.subarray(0, 0) : number.subarray(start);
}

/** OpenSSL also checks that a point is on its curve. */
function fromJwk(key: Record<string, string>): KeyObject {
  try {
    return createPublicKey({ key, format: "jwk" });
  } catch (cause) {
    throw new UserError("invalid-key", "The key is damaged: its numbers do not make a key", { hint: howToFind, cause });
  }
}

class BlobReader {
  readonly #blob: Buffer;
  #position = 0;

  constructor(blob: Buffer) {
    this.#blob = blob;
  }

  get atEnd(): boolean {
    return this.#position === this.#blob.length;
  }

  string(): Buffer {
    const start = this.#position + 4;
    const length = start <= this.#blob.length ? this.#blob.readUInt32BE(this.#position) : 0;
    if (start > this.#blob.length || start + length > this.#blob.length) {
      throw invalidKey("The key is damaged or cut off: its data ends too early");
    }
    this.#position = start + length;
    return this.#blob.subarray(start, this.#position);
  }
}

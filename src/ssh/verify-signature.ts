import { createHash, type KeyObject, verify } from "node:crypto";
import type { KeyBlob } from "../model/public-key.ts";

/** A signature as ssh2 hands it over: without its leading type and length, an ECDSA one as ASN.1. */
export interface OfferedSignature {
  readonly signature: Buffer;
  readonly signed: Buffer;
  /** Set for RSA by the negotiated algorithm. Undefined there means SHA-1. */
  readonly hash: string | undefined;
}

const userWasPresent = 0x01;

export function verifySignature({ type, key, application }: KeyBlob, offered: OfferedSignature): boolean {
  const { signature, signed, hash } = offered;
  switch (type) {
    case "ssh-ed25519":
      return verify(null, signed, key, signature);
    case "ecdsa-sha2-nistp256":
      return verify("sha256", signed, key, signature);
    case "ecdsa-sha2-nistp384":
      return verify("sha384", signed, key, signature);
    case "ecdsa-sha2-nistp521":
      return verify("sha512", signed, key, signature);
    case "ssh-rsa":
      return (hash === "sha256" || hash === "sha512") && verify(hash, signed, key, paddedToModulus(signature, key));
    case "sk-ssh-ed25519@openssh.com":
      return verifyEd25519Token(key, application ?? "", signature, signed);
    case "sk-ecdsa-sha2-nistp256@openssh.com":
      return verifyEcdsaToken(key, application ?? "", signature, signed);
  }
}

/** Some clients leave out leading zeros of an RSA signature; OpenSSL wants them. */
function paddedToModulus(signature: Buffer, key: KeyObject): Buffer {
  const length = Math.ceil((key.asymmetricKeyDetails?.modulusLength ?? 0) / 8);
  return signature.length >= length ? signature : Buffer.concat([Buffer.alloc(length - signature.length), signature]);
}

function verifyEd25519Token(key: KeyObject, application: string, signature: Buffer, signed: Buffer): boolean {
  if (signature.length !== 64 + 5) return false;
  const message = tokenMessage(application, signature.subarray(64), signed);
  return message !== undefined && verify(null, message, key, signature.subarray(0, 64));
}

function verifyEcdsaToken(key: KeyObject, application: string, signature: Buffer, signed: Buffer): boolean {
  const numbers: Buffer[] = [];
  let position = 0;
  while (numbers.length < 2) {
    if (position + 4 > signature.length) return false;
    const end = position + 4 + signature.readUInt32BE(position);
    if (end > signature.length) return false;
    const number = fixedLength(signature.subarray(position + 4, end), 32);
    if (number === undefined) return false;
    numbers.push(number);
    position = end;
  }
  const message = tokenMessage(application, signature.subarray(position), signed);
  const point = { key, dsaEncoding: "ieee-p1363" } as const;
  return message !== undefined && verify("sha256", message, point, Buffer.concat(numbers));
}

function fixedLength(number: Buffer, length: number): Buffer | undefined {
  const digits = number[0] === 0 ? number.subarray(1) : number;
  return digits.length > length ? undefined : Buffer.concat([Buffer.alloc(length - digits.length), digits]);
}

/** What a security token signs (OpenSSH's PROTOCOL.u2f): the trailer is a byte of flags and a counter of four. */
function tokenMessage(application: string, trailer: Buffer, signed: Buffer): Buffer | undefined {
  if (trailer.length !== 5 || ((trailer[0] ?? 0) & userWasPresent) === 0) return undefined;
  const digest = (data: string | Buffer): Buffer => createHash("sha256").update(data).digest();
  return Buffer.concat([digest(application), trailer, digest(signed)]);
}

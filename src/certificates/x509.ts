import { createHash, createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto";
import {
  bitString,
  context,
  integer,
  isTrue,
  objectId,
  octetString,
  primitive,
  sequence,
  set,
  time,
  utf8String,
} from "../lib/der.ts";

const ids = {
  ecdsaWithSha256: "1.2.840.10045.4.3.2",
  commonName: "2.5.4.3",
  extensionRequest: "1.2.840.113549.1.9.14",
  subjectKeyIdentifier: "2.5.29.14",
  authorityKeyIdentifier: "2.5.29.35",
  subjectAltName: "2.5.29.17",
  keyUsage: "2.5.29.15",
  basicConstraints: "2.5.29.19",
  extendedKeyUsage: "2.5.29.37",
  serverAuth: "1.3.6.1.5.5.7.3.1",
  acmeIdentifier: "1.3.6.1.5.5.7.1.31",
} as const;

// Longer ones do not fit into a common name; the alternative names have them all.
const longestCommonName = 64;
// RFC 5280, 4.1.2.4: an issuer must have a name.
const otherCommonName = "Berth";
// A clock that is behind must not find it from the future.
const headStartMs = 3_600_000;

/** Small, and known to every client that speaks TLS 1.2. */
export function newKey(): KeyObject {
  return generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
}

export function keyPem(key: KeyObject): string {
  return key.export({ type: "pkcs8", format: "pem" }).toString();
}

/** PKCS #10, in DER: what a CA is asked to certify. */
export function certificateRequest(key: KeyObject, names: readonly string[]): Buffer {
  const extensions = sequence(subjectAltName(names));
  const body = sequence(
    integer(Buffer.from([0])),
    // Without a subject: CAs take the alternative names, and a common name may be too long.
    sequence(),
    publicKeyOf(key),
    context(0, sequence(objectId(ids.extensionRequest), set(extensions))),
  );
  return signed(body, key);
}

export interface SelfSigned {
  readonly key: KeyObject;
  readonly names: readonly string[];
  /** Unix milliseconds. */
  readonly now: number;
  readonly lifeMs: number;
  /** RFC 8737: hash of the key authorization. */
  readonly acmeIdentifier?: Uint8Array;
}

/** In PEM. */
export function selfSignedCertificate({ key, names, now, lifeMs, acmeIdentifier }: SelfSigned): string {
  const [first = ""] = names;
  const subject = commonName(first.length > longestCommonName ? otherCommonName : first);
  const keyId = keyIdentifier(key);
  const body = sequence(
    context(0, integer(Buffer.from([2]))),
    integer(randomBytes(16)),
    sequence(objectId(ids.ecdsaWithSha256)),
    subject,
    sequence(time(now - headStartMs), time(now + lifeMs)),
    subject,
    publicKeyOf(key),
    context(
      3,
      sequence(
        subjectAltName(names),
        extension(ids.basicConstraints, sequence(), true),
        // digitalSignature
        extension(ids.keyUsage, Buffer.from([0x03, 0x02, 0x07, 0x80]), true),
        extension(ids.extendedKeyUsage, sequence(objectId(ids.serverAuth))),
        // Both: a strict client wants to know the issuer's key, even where it is the certificate's own.
        extension(ids.subjectKeyIdentifier, octetString(keyId)),
        extension(ids.authorityKeyIdentifier, sequence(primitive(0, keyId))),
        ...(acmeIdentifier === undefined ? [] : [extension(ids.acmeIdentifier, octetString(acmeIdentifier), true)]),
      ),
    ),
  );
  return pem("CERTIFICATE", signed(body, key));
}

function pem(label: string, der: Buffer): string {
  const lines = der.toString("base64").match(/.{1,64}/g) ?? [];
  return `-----BEGIN ${label}-----\n${lines.join("\n")}\n-----END ${label}-----\n`;
}

function signed(body: Buffer, key: KeyObject): Buffer {
  return sequence(body, sequence(objectId(ids.ecdsaWithSha256)), bitString(sign("sha256", body, key)));
}

function publicKeyOf(key: KeyObject): Buffer {
  return createPublicKey(key).export({ type: "spki", format: "der" });
}

/** RFC 5280, 4.2.1.2: SHA-1 of the public key, without what says which algorithm it is for. */
function keyIdentifier(key: KeyObject): Buffer {
  const { x = "", y = "" } = createPublicKey(key).export({ format: "jwk" });
  const point = Buffer.concat([Buffer.from([4]), Buffer.from(x, "base64url"), Buffer.from(y, "base64url")]);
  return createHash("sha1").update(point).digest();
}

function commonName(name: string): Buffer {
  return sequence(set(sequence(objectId(ids.commonName), utf8String(name))));
}

function subjectAltName(names: readonly string[]): Buffer {
  return extension(ids.subjectAltName, sequence(...names.map((name) => primitive(2, Buffer.from(name, "latin1")))));
}

function extension(id: string, value: Uint8Array, critical = false): Buffer {
  return sequence(objectId(id), ...(critical ? [isTrue] : []), octetString(value));
}

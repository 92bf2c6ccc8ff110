import { createPrivateKey, type KeyObject, X509Certificate } from "node:crypto";
import { UserError } from "./errors.ts";

/** What was learnt of a certificate by looking at it. Times are Unix milliseconds. */
export interface CheckedChain {
  /** PEM, each certificate once, the app's own first, with ends of line that every program reads. */
  readonly chain: string;
  readonly key: string;
  readonly names: readonly string[];
  readonly notBefore: number;
  readonly notAfter: number;
  /** What is legal, and yet browsers will complain about: one sentence each. */
  readonly warnings: readonly string[];
}

const certificatePattern =
  /-----BEGIN (?:X509 |TRUSTED )?CERTIFICATE-----[\s\S]*?-----END (?:X509 |TRUSTED )?CERTIFICATE-----/g;
const longestChain = 10;

/**
 * Reads a certificate with the chain to its issuer, and its key. Throws UserError that names what is wrong: they are not a
 * pair, one has expired, the order is wrong, and so on. `now` in Unix milliseconds.
 */
export function checkChain(certificateText: string, keyText: string, now: number): CheckedChain {
  const key = readKey(keyText);
  const certificates = readCertificates(certificateText);
  const [own] = certificates as [X509Certificate, ...X509Certificate[]];
  requirePair(own, certificates, key);
  requireUsable(key);
  requireOrder(certificates);
  for (const certificate of certificates) requireTime(certificate, now, certificate === own);
  return {
    chain: certificates
      .map((certificate) => certificate.toString().trim())
      .join("\n")
      .concat("\n"),
    key: key.export({ type: "pkcs8", format: "pem" }).toString(),
    names: namesOf(own),
    notBefore: Date.parse(own.validFrom),
    notAfter: Date.parse(own.validTo),
    warnings: warningsOf(certificates),
  };
}

/** The host names that it is for, in lower case. */
export function namesOf(certificate: X509Certificate): string[] {
  const names = [...(certificate.subjectAltName ?? "").matchAll(/DNS:("(?:[^"\\]|\\.)*"|[^,]+)/g)].map(
    ([, name = ""]) => name.trim().toLowerCase(),
  );
  return [...new Set(names)];
}

export function isSelfSigned(certificate: X509Certificate): boolean {
  return certificate.subject === certificate.issuer && certificate.verify(certificate.publicKey);
}

/** `CN=R11, O=Let's Encrypt`, on one line. */
export function oneLine(distinguishedName: string | undefined): string {
  return (distinguishedName ?? "").trim().split("\n").join(", ");
}

function readKey(text: string): KeyObject {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|Proc-Type: 4,ENCRYPTED/.test(text)) {
    throw invalid(
      "key-encrypted",
      "The key is encrypted",
      "Take the passphrase off: openssl pkey -in server.key -out plain.key",
    );
  }
  if (!text.includes("PRIVATE KEY-----")) {
    const hint = text.includes("BEGIN CERTIFICATE")
      ? "It is a certificate: give the certificate first, the key second"
      : "It has to be in PEM, and begin with -----BEGIN PRIVATE KEY----- or the like";
    throw invalid("key-invalid", "The key cannot be read", hint);
  }
  try {
    return createPrivateKey(text);
  } catch (error) {
    throw invalid(
      "key-invalid",
      `The key cannot be read: ${(error as Error).message}`,
      "Check it: openssl pkey -in server.key -check",
    );
  }
}

function readCertificates(text: string): X509Certificate[] {
  const blocks = text.match(certificatePattern) ?? [];
  if (blocks.length === 0) {
    throw invalid(
      "certificate-invalid",
      "There is no certificate in it",
      "It has to be in PEM, and begin with -----BEGIN CERTIFICATE-----",
    );
  }
  const all = blocks.map(readCertificate);
  const once = [...new Map(all.map((certificate) => [certificate.fingerprint256, certificate])).values()];
  if (once.length > longestChain) {
    throw invalid(
      "chain-too-long",
      `There are ${once.length} certificates in it`,
      "Give the app's own, and those that lead to its authority",
    );
  }
  return once;
}

function readCertificate(block: string, index: number): X509Certificate {
  try {
    return new X509Certificate(block);
  } catch (error) {
    throw invalid(
      "certificate-invalid",
      `Certificate ${index + 1} cannot be read: ${(error as Error).message}`,
      "Check it: openssl x509 -in server.crt -noout -text",
    );
  }
}

function requirePair(own: X509Certificate, certificates: readonly X509Certificate[], key: KeyObject): void {
  if (own.checkPrivateKey(key)) return;
  const position = certificates.findIndex((certificate) => certificate.checkPrivateKey(key));
  if (position > 0) {
    throw invalid(
      "chain-order",
      `The certificates are in the wrong order: the one of this key, ${subjectOf(certificates[position])}, is number ${position + 1}`,
      "Put the app's own certificate first, and the one that signed each after it",
    );
  }
  throw invalid(
    "key-mismatch",
    `The key does not belong to the certificate of ${subjectOf(own)}`,
    "Compare them: openssl x509 -in server.crt -noout -pubkey, and openssl pkey -in server.key -pubout",
  );
}

const shortestRsaKey = 2048;
const knownCurves: readonly string[] = ["prime256v1", "secp384r1", "secp521r1"];

/** What OpenSSL does not load, or has no suite for: the handshake would fail for everybody. */
function requireUsable({ asymmetricKeyType: type, asymmetricKeyDetails: details = {} }: KeyObject): void {
  const { modulusLength = 0, namedCurve = "" } = details;
  if (type === "ed25519" || (type === "rsa" && modulusLength >= shortestRsaKey)) return;
  if (type === "ec" && knownCurves.includes(namedCurve)) return;
  const kind = type === "rsa" ? `an RSA key of ${modulusLength} bits` : `a key of the kind ${namedCurve || type}`;
  throw invalid(
    "key-unusable",
    `No client would accept it: it has ${kind}`,
    "Get a certificate for an RSA key of 2048 bits or more, or for one of the curve P-256 or P-384",
  );
}

function requireOrder(certificates: readonly X509Certificate[]): void {
  for (const [index, certificate] of certificates.entries()) {
    const next = certificates[index + 1];
    if (next === undefined || isIssued(certificate, next)) continue;
    const issuer = certificates.find((other) => other !== certificate && isIssued(certificate, other));
    if (issuer !== undefined) {
      throw invalid(
        "chain-order",
        `The certificates are in the wrong order: ${subjectOf(certificate)} was signed by ${subjectOf(issuer)}, which does not follow it`,
        "Put the app's own certificate first, and the one that signed each after it",
      );
    }
    throw invalid(
      "chain-broken",
      `${subjectOf(next)} follows ${subjectOf(certificate)}, but did not sign it: that was ${oneLine(certificate.issuer)}`,
      "Put in what is missing, and leave out what does not belong there",
    );
  }
}

function requireTime(certificate: X509Certificate, now: number, isOwn: boolean): void {
  const what = isOwn ? "The certificate" : `The certificate of the authority ${subjectOf(certificate)}`;
  if (Date.parse(certificate.validTo) <= now) {
    throw invalid(
      "certificate-expired",
      `${what} expired on ${certificate.validTo}`,
      "Get a new one, or let Berth: letsencrypt:enable APP",
    );
  }
  if (Date.parse(certificate.validFrom) > now) {
    throw invalid(
      "certificate-not-yet-valid",
      `${what} is not valid before ${certificate.validFrom}`,
      "Check the clock of this machine: date",
    );
  }
}

function warningsOf(certificates: readonly X509Certificate[]): string[] {
  const last = certificates.at(-1) as X509Certificate;
  const own = certificates[0] as X509Certificate;
  if (isSelfSigned(own)) return ["It is signed by itself: browsers will warn of it"];
  const warnings: string[] = [];
  // Authorities sign few leaves themselves: most clients then do not find the way to a root that they know.
  if (certificates.length === 1 && !isSelfSigned(last)) {
    warnings.push(
      `The certificate of ${oneLine(own.issuer)}, which signed it, is not in it: some clients will refuse it. Add the chain of the authority`,
    );
  }
  if (namesOf(own).length === 0)
    warnings.push("It has no alternative names: today's browsers do not look at the common name");
  return warnings;
}

function isIssued(certificate: X509Certificate, by: X509Certificate): boolean {
  return certificate.checkIssued(by) && certificate.verify(by.publicKey);
}

function subjectOf(certificate: X509Certificate | undefined): string {
  if (certificate === undefined) return "";
  return oneLine(certificate.subject) || (namesOf(certificate)[0] ?? "a certificate without a name");
}

function invalid(code: string, message: string, hint: string): UserError {
  return new UserError(code, message, { hint });
}

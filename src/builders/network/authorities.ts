import { createHash } from "node:crypto";

/** Where Debian's Java looks for them; others are told to. */
export const trustStore = "/etc/ssl/certs/java/cacerts";

/**
 * A bundle in PEM as a trust store that every Java reads (JKS), since none reads PEM. Like Java's own it has the password
 * `changeit`, which nobody needs who only trusts what is in it.
 */
export function javaTrustStore(pem: string): Buffer {
  const found = [...pem.matchAll(/-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]+)-----END CERTIFICATE-----/g)];
  const certificates = found.map(([, base64]) => Buffer.from(base64 ?? "", "base64"));
  const head = Buffer.concat([number(0xfeedfeed), number(2), number(certificates.length)]);
  const store = Buffer.concat([head, ...certificates.flatMap(entry)]);
  const password = Buffer.from("changeit", "utf16le").swap16();
  const digest = createHash("sha1").update(password).update("Mighty Aphrodite").update(store).digest();
  return Buffer.concat([store, digest]);
}

const trusted = 2;

function entry(certificate: Buffer, index: number): Buffer[] {
  // The time it was added: always the same, so that the same bundle makes the same file.
  const time = Buffer.alloc(8);
  return [number(trusted), text(`host-${index}`), time, text("X.509"), number(certificate.length), certificate];
}

function text(value: string): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(value.length);
  return Buffer.concat([length, Buffer.from(value, "latin1")]);
}

function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

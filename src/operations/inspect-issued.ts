import { X509Certificate } from "node:crypto";
import type { Issued } from "../certificates/issuer.ts";
import type { Certificate, CertificateOrigin } from "../model/certificate.ts";
import { namesOf } from "../model/certificate-chain.ts";

export interface Owner {
  readonly appId: string | undefined;
  readonly origin: CertificateOrigin;
  /** Unix milliseconds. */
  readonly now: number;
}

/** A certificate that an issuer made, as the store keeps it. */
export function inspectIssued({ chain, key }: Issued, { appId, origin, now }: Owner): Certificate {
  const own = new X509Certificate(chain);
  return {
    appId,
    origin,
    chain,
    key,
    names: namesOf(own),
    notBefore: Date.parse(own.validFrom),
    notAfter: Date.parse(own.validTo),
    createdAt: now,
  };
}

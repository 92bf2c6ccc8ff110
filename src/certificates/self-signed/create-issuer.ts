import type { Issuer } from "../issuer.ts";
import { keyPem, newKey, selfSignedCertificate } from "../x509.ts";

const lifeMs = 365 * 24 * 3_600_000;

/** Certificates that nobody vouches for: better than none, until there is a better one. */
export function createSelfSignedIssuer(now: () => number): Issuer {
  return {
    issue: async ({ names }) => {
      const key = newKey();
      return { chain: selfSignedCertificate({ key, names, now: now(), lifeMs }), key: keyPem(key) };
    },
  };
}

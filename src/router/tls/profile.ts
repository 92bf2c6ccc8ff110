import { constants } from "node:crypto";
import type { SecureContextOptions } from "node:tls";

/**
 * Mozilla's "intermediate" without what only Internet Explorer needs: forward secrecy and authenticated encryption for
 * all. TLS 1.3 has nothing else; its suites stay as OpenSSL has them.
 */
export const profile = {
  minVersion: "TLSv1.2",
  ciphers: [
    "TLS_AES_128_GCM_SHA256",
    "TLS_AES_256_GCM_SHA384",
    "TLS_CHACHA20_POLY1305_SHA256",
    "ECDHE-ECDSA-AES128-GCM-SHA256",
    "ECDHE-RSA-AES128-GCM-SHA256",
    "ECDHE-ECDSA-AES256-GCM-SHA384",
    "ECDHE-RSA-AES256-GCM-SHA384",
    "ECDHE-ECDSA-CHACHA20-POLY1305",
    "ECDHE-RSA-CHACHA20-POLY1305",
  ].join(":"),
  // Left to node, OpenSSL offers secp521r1 and X448 too, which the profile does not have.
  ecdhCurve: ["X25519MLKEM768", "X25519", "prime256v1", "secp384r1"].join(":"),
  // All of these are strong: the client knows which its processor is fast with.
  honorCipherOrder: false,
  // TLS 1.2 lets clients ask for it as often as they like, and it costs us more than them.
  secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
  // Else node takes a hash of the command line, and workers would not know each other's sessions.
  sessionIdContext: "berth",
} as const satisfies SecureContextOptions;

import type { Algorithms } from "ssh2";

/**
 * What both sides may agree on: no SHA-1, no CBC, no curve of unknown origin, no group below 4096 bits.
 * chacha20-poly1305 is left out on purpose: without a native addon it costs several times the processor time of AES-GCM,
 * and OpenSSH would prefer it.
 */
export const algorithms: Algorithms = {
  kex: [
    "curve25519-sha256",
    "curve25519-sha256@libssh.org",
    "diffie-hellman-group16-sha512",
    "diffie-hellman-group18-sha512",
  ],
  cipher: ["aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "aes256-ctr", "aes192-ctr", "aes128-ctr"],
  hmac: ["hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com"],
  // Compressed data could grow a thousandfold in the daemon's memory, and git's packs are compressed already.
  compress: ["none"],
};

import { createRequire } from "node:module";
import type ssh2Module from "ssh2";
import { createPacketReader, type InboundConfig } from "./packet-reader.ts";

const require = createRequire(import.meta.url);

interface CipherModule {
  createDecipher(config: InboundConfig): unknown;
}

// ssh2 has no setting for the size of a packet. The rest of it takes this function from the module when it is loaded.
const ciphers = require("ssh2/lib/protocol/crypto.js") as CipherModule;
if (require.cache[require.resolve("ssh2/lib/protocol/kex.js")] !== undefined) {
  throw new Error("ssh2 was imported before src/ssh/library.ts");
}
const ownReader = ciphers.createDecipher;
ciphers.createDecipher = (config) => createPacketReader(config) ?? ownReader(config);

/** Import ssh2 from here, and only its types from the package. */
export const ssh2 = require("ssh2") as typeof ssh2Module;

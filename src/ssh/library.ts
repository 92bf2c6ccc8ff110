import { createRequire } from "node:module";
import { dirname, sep } from "node:path";
import type ssh2Module from "ssh2";
import { createPacketReader, type InboundConfig } from "./packet-reader.ts";

const require = createRequire(import.meta.url);

interface CipherModule {
  createDecipher(config: InboundConfig): unknown;
}

// ssh2 has no setting for the size of a packet, and its parts take this function from its module when they are loaded. So
// this is a copy of our own: the Docker client, which loads ssh2 too, keeps another.
const folder = dirname(require.resolve("ssh2/package.json")) + sep;
for (const path of Object.keys(require.cache)) if (path.startsWith(folder)) delete require.cache[path];
const ciphers = require("ssh2/lib/protocol/crypto.js") as CipherModule;
const ownReader = ciphers.createDecipher;
ciphers.createDecipher = (config) => createPacketReader(config) ?? ownReader(config);

/** Import ssh2 from here, and only its types from the package. */
export const ssh2 = require("ssh2") as typeof ssh2Module;

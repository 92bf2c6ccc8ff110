import { createDecipheriv, createHmac, timingSafeEqual } from "node:crypto";

/** What ssh2 hands to its own createDecipher, as far as it is used here. */
export interface InboundConfig {
  readonly inbound: {
    readonly seqno: number;
    /** The same function for all keys of a connection. Anything but undefined: the rest is for another reader. */
    readonly onPayload: OnPayload;
    readonly decipherInfo: { readonly sslName: string; readonly blockLen: number };
    readonly decipherKey: Buffer;
    readonly decipherIV: Buffer;
    readonly macInfo?: { readonly sslName: string; readonly actualLen: number; readonly isETM: boolean };
    readonly macKey?: Buffer;
  };
}

export type OnPayload = (payload: Buffer) => number | false | undefined;

/** Decrypts the body of one packet. Throws for one that was tampered with. */
interface Opener {
  readonly blockSize: number;
  readonly macSize: number;
  open(packet: { header: Buffer; body: Buffer; mac: Buffer; sequence: number }): Buffer;
}

/** The client sent a packet of more bytes than it may. */
export class PacketTooLong extends Error {
  override readonly name = "PacketTooLong";
  readonly length: number;

  constructor(length: number) {
    super(`ssh packet of ${length} bytes`);
    this.length = length;
  }
}

const headerSize = 4;
const tagSize = 16;
/** The least that every implementation takes (RFC 4253, 6.1), as in ssh2. */
const largestBeforeLogin = 35_000;
/** Enough for a command that is too long to be refused by its own channel, and not by the loss of the connection. */
const largestAfterLogin = 4 * 1024 * 1024;
const loggedIn = new WeakSet<OnPayload>();

/** Long packets take memory, so only who has logged in may send them. */
export function allowLongPackets(onPayload: OnPayload): void {
  loggedIn.add(onPayload);
}

/** Undefined for ciphers that only ssh2's own reader knows. */
export function createPacketReader({ inbound }: InboundConfig): PacketReader | undefined {
  const opener = openerFor(inbound);
  return opener && new PacketReader(opener, inbound.seqno, inbound.onPayload);
}

/**
 * Splits what a client sends into packets. ssh2's own readers refuse more than 35,000 bytes in one, and a command is one
 * packet. ssh2 uses the public members by these names.
 */
export class PacketReader {
  inSeqno: number;
  /** ssh2 puts another function here while keys are exchanged anew. */
  _onPayload: OnPayload;
  readonly #opener: Opener;
  readonly #connection: OnPayload;
  readonly #header = Buffer.alloc(headerSize);
  #headerRead = 0;
  /** Body and MAC of the packet that is being read; undefined before its first byte. */
  #packet: Buffer | undefined;
  #packetRead = 0;
  #packetSize = 0;

  constructor(opener: Opener, sequence: number, onPayload: OnPayload) {
    this.#opener = opener;
    this.inSeqno = sequence;
    this._onPayload = onPayload;
    this.#connection = onPayload;
  }

  free(): void {}

  /** Reads `data` from `start` to `end`. Returns where to go on, or undefined at the end. */
  decrypt(data: Buffer, start: number, end: number): number | undefined {
    let position = start;
    while (position < end) {
      if (this.#headerRead < headerSize) {
        const count = data.copy(this.#header, this.#headerRead, position, Math.min(end, position + headerSize));
        this.#headerRead += count;
        position += count;
        if (this.#headerRead === headerSize) this.#packetSize = this.#bodySize() + this.#opener.macSize;
        continue;
      }
      const piece = data.subarray(position, Math.min(end, position + this.#packetSize - this.#packetRead));
      position += piece.length;
      const packet = this.#collect(piece);
      if (packet === undefined) return undefined;
      const next = this._onPayload(this.#finish(packet));
      if (next !== undefined) return next === false ? position : next;
    }
    return undefined;
  }

  #bodySize(): number {
    const size = this.#header.readUInt32BE(0);
    const { blockSize } = this.#opener;
    if (size < blockSize || size % blockSize !== 0) throw new Error("Bad packet length");
    if (size > (loggedIn.has(this.#connection) ? largestAfterLogin : largestBeforeLogin)) throw new PacketTooLong(size);
    return size;
  }

  /** The whole packet, once it is there. Pieces are copied: kept as they came, one of a byte takes hundreds. */
  #collect(piece: Buffer): Buffer | undefined {
    if (piece.length === this.#packetSize) return piece;
    // Not of the shared pool: memory that is not written to yet is not taken from the machine.
    this.#packet ??= Buffer.allocUnsafeSlow(this.#packetSize);
    this.#packetRead += piece.copy(this.#packet, this.#packetRead);
    return this.#packetRead < this.#packetSize ? undefined : this.#packet;
  }

  #finish(whole: Buffer): Buffer {
    const bodySize = whole.length - this.#opener.macSize;
    const packet = { header: this.#header, body: whole.subarray(0, bodySize), mac: whole.subarray(bodySize) };
    const plain = this.#opener.open({ ...packet, sequence: this.inSeqno });
    this.inSeqno = (this.inSeqno + 1) >>> 0;
    this.#headerRead = 0;
    this.#packet = undefined;
    this.#packetRead = 0;
    const padding = plain[0] ?? 0;
    if (padding >= plain.length) throw new Error("Bad packet padding");
    return plain.subarray(1, plain.length - padding);
  }
}

function openerFor(inbound: InboundConfig["inbound"]): Opener | undefined {
  const { decipherInfo, macInfo, macKey } = inbound;
  if (/^aes-\d+-gcm$/.test(decipherInfo.sslName)) return gcmOpener(inbound);
  if (/^aes-\d+-ctr$/.test(decipherInfo.sslName) && macInfo?.isETM && macKey !== undefined) {
    return encryptThenMacOpener(inbound, macInfo, macKey);
  }
  return undefined;
}

/** RFC 5647: the length is in clear, and each packet has the next initialization vector. */
function gcmOpener({ decipherInfo, decipherKey, decipherIV }: InboundConfig["inbound"]): Opener {
  const vector = Buffer.from(decipherIV);
  return {
    blockSize: 16,
    macSize: tagSize,
    open: ({ header, body, mac }) => {
      const name = decipherInfo.sslName as "aes-128-gcm";
      const decipher = createDecipheriv(name, decipherKey, vector, { authTagLength: tagSize });
      decipher.setAAD(header);
      decipher.setAuthTag(mac);
      const plain = decipher.update(body);
      decipher.final();
      vector.writeBigUInt64BE(BigInt.asUintN(64, vector.readBigUInt64BE(4) + 1n), 4);
      return plain;
    },
  };
}

/** `...-etm@openssh.com`: the length is in clear, and the MAC is over what was encrypted. */
function encryptThenMacOpener(
  { decipherInfo, decipherKey, decipherIV }: InboundConfig["inbound"],
  macInfo: { readonly sslName: string; readonly actualLen: number },
  macKey: Buffer,
): Opener {
  const decipher = createDecipheriv(decipherInfo.sslName, decipherKey, decipherIV);
  return {
    blockSize: decipherInfo.blockLen,
    macSize: macInfo.actualLen,
    open: ({ header, body, mac, sequence }) => {
      const counter = Buffer.alloc(4);
      counter.writeUInt32BE(sequence);
      const expected = createHmac(macInfo.sslName, macKey).update(counter).update(header).update(body).digest();
      if (!timingSafeEqual(expected.subarray(0, macInfo.actualLen), mac)) throw new Error("Invalid MAC");
      return decipher.update(body);
    },
  };
}

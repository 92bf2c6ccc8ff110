import type { Connection } from "ssh2";
import { allowLongPackets, type OnPayload } from "./packet-reader.ts";

/** The part of ssh2's inside that the functions here need: it has no call of its own for what they do. */
interface Inside {
  readonly _protocol: {
    readonly _onPayload: OnPayload;
    readonly _packetRW: {
      readonly write: {
        readonly allocStartKEX: number;
        alloc(size: number, always: boolean): Buffer;
        finalize(packet: Buffer, always: boolean): Buffer;
      };
    };
    readonly _cipher: { encrypt(packet: Buffer): void };
  };
}

const disconnectMessage = 1;

/** Codes of RFC 4253, 11.1. */
export const disconnectReason = { protocolError: 2, tooManyConnections: 12 } as const;

/** Tells the client why its connection ends now; ssh shows the text. The caller ends the socket. */
export function sendDisconnect(connection: Connection, reason: number, text: string): void {
  const { _packetRW, _cipher } = (connection as unknown as Inside)._protocol;
  const description = Buffer.from(text);
  const size = 1 + 4 + 4 + description.length + 4;
  const packet = _packetRW.write.alloc(size, true);
  const start = _packetRW.write.allocStartKEX;
  packet.fill(0, start, start + size);
  packet[start] = disconnectMessage;
  packet.writeUInt32BE(reason, start + 1);
  packet.writeUInt32BE(description.length, start + 5);
  description.copy(packet, start + 9);
  _cipher.encrypt(_packetRW.write.finalize(packet, true));
}

/** From now on the client may send commands of any size that we take. */
export function takeLongPackets(connection: Connection): void {
  allowLongPackets((connection as unknown as Inside)._protocol._onPayload);
}

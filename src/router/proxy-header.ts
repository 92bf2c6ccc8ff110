import { isIP, SocketAddress } from "node:net";

/** Ends of a connection as a proxy before us saw them. */
export interface ProxiedEnds {
  readonly source: End;
  readonly destination: End;
}

export interface End {
  readonly address: string;
  readonly port: number;
  readonly family: "IPv4" | "IPv6";
}

/** `ends` is undefined for a connection of the proxy's own, such as a health check. */
export type ProxyHeader =
  | { readonly kind: "complete"; readonly length: number; readonly ends: ProxiedEnds | undefined }
  | { readonly kind: "incomplete" }
  | { readonly kind: "invalid" };

// The PROXY protocol of HAProxy, versions 1 and 2.
const signature = Buffer.from("\r\n\r\n\0\r\nQUIT\n", "latin1");
const word = Buffer.from("PROXY ", "latin1");
const longestLine = 107;
const longestExtra = 4_096;

const invalid = { kind: "invalid" } as const;
const incomplete = { kind: "incomplete" } as const;

/** What a connection begins with. */
export function readProxyHeader(bytes: Buffer): ProxyHeader {
  if (beginsLike(bytes, signature)) return bytes.length < 16 ? incomplete : readBinary(bytes);
  return beginsLike(bytes, word) ? readLine(bytes) : invalid;
}

function beginsLike(bytes: Buffer, mark: Buffer): boolean {
  const length = Math.min(bytes.length, mark.length);
  return bytes.subarray(0, length).equals(mark.subarray(0, length));
}

function readLine(bytes: Buffer): ProxyHeader {
  const end = bytes.subarray(0, longestLine).indexOf("\r\n");
  if (end < 0) return bytes.length < longestLine ? incomplete : invalid;
  const length = end + 2;
  const [, protocol = "", from = "", to = "", fromPort = "", toPort = "", ...rest] = bytes
    .toString("latin1", 0, end)
    .split(" ");
  if (protocol === "UNKNOWN") return { kind: "complete", length, ends: undefined };
  const source = endOf(protocol, from, fromPort);
  const destination = endOf(protocol, to, toPort);
  if (source === undefined || destination === undefined || rest.length > 0) return invalid;
  return { kind: "complete", length, ends: { source, destination } };
}

function endOf(protocol: string, address: string, port: string): End | undefined {
  const version = { TCP4: 4, TCP6: 6 }[protocol];
  if (version === undefined || isIP(address) !== version || !/^\d{1,5}$/.test(port) || Number(port) > 65_535) {
    return undefined;
  }
  return { address, port: Number(port), family: version === 4 ? "IPv4" : "IPv6" };
}

function readBinary(bytes: Buffer): ProxyHeader {
  const [command, family] = [bytes.readUInt8(12), bytes.readUInt8(13)];
  const extra = bytes.readUInt16BE(14);
  if ((command !== 0x20 && command !== 0x21) || extra > longestExtra) return invalid;
  const length = 16 + extra;
  if (bytes.length < length) return incomplete;
  const size = { 17: 4, 33: 16 }[family];
  // Of the proxy's own, or by a way that has no addresses we know.
  if (command === 0x20 || size === undefined) return { kind: "complete", length, ends: undefined };
  if (extra < 2 * size + 4) return invalid;
  const end = (at: number, portAt: number): End => ({
    address: addressOf(bytes.subarray(at, at + size)),
    port: bytes.readUInt16BE(portAt),
    family: size === 4 ? "IPv4" : "IPv6",
  });
  const source = end(16, 16 + 2 * size);
  const destination = end(16 + size, 18 + 2 * size);
  return { kind: "complete", length, ends: { source, destination } };
}

function addressOf(bytes: Buffer): string {
  if (bytes.length === 4) return bytes.join(".");
  const groups = Array.from({ length: 8 }, (_, index) => bytes.readUInt16BE(2 * index).toString(16));
  return new SocketAddress({ address: groups.join(":"), family: "ipv6" }).address;
}

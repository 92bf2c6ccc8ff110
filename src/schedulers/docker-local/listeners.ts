import { messageOf } from "../../model/errors.ts";
import type { Listener } from "../scheduler.ts";
import type { Context } from "./context.ts";

/** Ports that something in the container listens on. Only explains failures, so it never is one itself. */
export async function listeners({ engine, logger }: Context, id: string): Promise<Listener[]> {
  try {
    const text = await engine.containers.output(id, ["cat", "/proc/net/tcp", "/proc/net/tcp6"]);
    return parseProcNetTcp(text.toString("latin1"));
  } catch (error) {
    logger.debug({ dyno: id, reason: messageOf(error) }, "cannot see what the dyno listens on");
    return [];
  }
}

// proc(5): st 0A is LISTEN. `sl local_address rem_address st ...`, address and port in hexadecimal.
const line = /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) \S+ 0A /;
// The embedded DNS server of the engine listens in every container.
const engineDns = "127.0.0.11";

/** Listening sockets in the text of /proc/net/tcp and /proc/net/tcp6, each once. */
export function parseProcNetTcp(text: string): Listener[] {
  const found = new Map<string, Listener>();
  for (const row of text.split("\n")) {
    const [, address, port] = line.exec(row) ?? [];
    if (address === undefined || port === undefined) continue;
    const listener = { address: decode(address), port: Number.parseInt(port, 16) };
    if (listener.address !== engineDns) found.set(`${listener.address} ${listener.port}`, listener);
  }
  return [...found.values()];
}

/** The kernel prints each 32-bit group in the machine's byte order, which is little-endian on all we run on. */
function decode(hex: string): string {
  const bytes = Buffer.from(hex, "hex").swap32();
  if (bytes.length === 4) return bytes.join(".");
  const mapped = bytes.subarray(0, 12).toString("hex") === "00000000000000000000ffff";
  if (mapped) return `::ffff:${bytes.subarray(12).join(".")}`;
  const groups = Array.from({ length: 8 }, (_, group) => bytes.readUInt16BE(2 * group).toString(16));
  // A URL's host name is in the short form of RFC 5952.
  return new URL(`http://[${groups.join(":")}]`).hostname.slice(1, -1);
}

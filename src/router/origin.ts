import type { IncomingHttpHeaders } from "node:http";
import { isIP } from "node:net";
import type { AddressList } from "../lib/address-list.ts";

/** Where a request comes from. */
export interface Origin {
  readonly address: string;
  readonly protocol: "http" | "https";
  readonly port: number;
}

/** As proxies before us tell it, of whom the nearest is the peer. Only what trusted ones have seen themselves counts. */
export function originBehind(headers: IncomingHttpHeaders, peer: Origin, trusted: AddressList): Origin {
  const protocol = last(headers["x-forwarded-proto"])?.toLowerCase();
  const known = protocol === "http" || protocol === "https" ? protocol : undefined;
  const port = Number(last(headers["x-forwarded-port"]));
  const usual = known === undefined ? peer.port : known === "https" ? 443 : 80;
  return {
    address: addressBehind(headers["x-forwarded-for"], peer.address, trusted),
    protocol: known ?? peer.protocol,
    port: Number.isInteger(port) && port > 0 && port < 65_536 ? port : usual,
  };
}

/** Each proxy adds on the right whom it was asked by. */
function addressBehind(header: string | string[] | undefined, peer: string, trusted: AddressList): string {
  let found = peer;
  for (const entry of (header?.toString() ?? "").split(",").reverse()) {
    const address = plain(entry.trim());
    if (address === undefined) return found;
    found = address;
    if (!trusted.has(address)) return found;
  }
  return found;
}

/** Some add the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function plain(entry: string): string | undefined {
  const [, bracketed, dotted] = /^(?:\[([^\]]+)\](?::\d+)?|([\d.]+)(?::\d+)?)$/.exec(entry) ?? [];
  const address = bracketed ?? dotted ?? entry;
  return isIP(address) === 0 ? undefined : address;
}

function last(header: string | string[] | undefined): string | undefined {
  return header?.toString().split(",").at(-1)?.trim();
}

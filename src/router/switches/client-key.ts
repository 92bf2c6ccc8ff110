import { networkOf } from "../../lib/network-of.ts";

/** Whom requests are counted for: an IPv4 address, or the /64 of an IPv6 address, of which one client has all. */
export function clientKey(address: string): string {
  return address.includes(":") ? networkOf(address, { v4: 32, v6: 64 }) : address;
}

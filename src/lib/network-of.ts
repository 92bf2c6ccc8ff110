import { isIPv6 } from "node:net";
import { formatAddress, parseAddress } from "./ipv4.ts";

/**
 * The network that an address is in, by so many leading bits (of IPv6 a multiple of 16). What is no address is a network of
 * its own.
 */
export function networkOf(address: string, bits: { readonly v4: number; readonly v6: number }): string {
  const number = parseAddress(address);
  if (number !== undefined) return `${formatAddress(number - (number % 2 ** (32 - bits.v4)))}/${bits.v4}`;
  const plain = address.replace(/%.*$/, "");
  if (!isIPv6(plain)) return address;
  return `${groupsOf(plain)
    .slice(0, bits.v6 / 16)
    .join(":")}::/${bits.v6}`;
}

function groupsOf(address: string): string[] {
  const [head = "", tail] = address.toLowerCase().split("::");
  const first = split(head);
  const last = split(tail ?? "");
  const missing = tail === undefined ? 0 : 8 - first.length - last.length;
  return [...first, ...new Array<string>(Math.max(0, missing)).fill("0"), ...last];
}

function split(text: string): string[] {
  return text === "" ? [] : text.split(":").map((group) => group.replace(/^0+(?=.)/, ""));
}

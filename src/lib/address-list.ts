import { BlockList, isIP } from "node:net";

/** Addresses and networks of IPv4 and IPv6. */
export class AddressList {
  readonly #list = new BlockList();

  /** Throws for what `isNetwork` refuses. */
  constructor(networks: readonly string[]) {
    for (const network of networks) {
      const parts = networkParts(network);
      if (parts === undefined) throw new Error(`no address or network: ${network}`);
      this.#list.addSubnet(parts.address, parts.prefix, parts.family);
    }
  }

  /** False for what is no address. */
  has(address: string): boolean {
    const zone = address.indexOf("%");
    const plain = zone < 0 ? address : address.slice(0, zone);
    const family = isIP(plain);
    return family !== 0 && this.#list.check(plain, family === 4 ? "ipv4" : "ipv6");
  }
}

/** `192.0.2.7`, `10.0.0.0/8`, `2001:db8::/32` */
export function isNetwork(text: string): boolean {
  return networkParts(text) !== undefined;
}

function networkParts(text: string) {
  const [address = "", bits, ...rest] = text.split("/");
  const version = isIP(address);
  if (version === 0 || rest.length > 0 || address.includes("%")) return undefined;
  const longest = version === 4 ? 32 : 128;
  const prefix = bits === undefined ? longest : /^\d{1,3}$/.test(bits) ? Number(bits) : Number.NaN;
  if (!(prefix <= longest)) return undefined;
  return { address, prefix, family: version === 4 ? ("ipv4" as const) : ("ipv6" as const) };
}

/** IPv4 networks as numbers: address arithmetic without a dependency. */
export interface Subnet {
  /** First address. */
  readonly base: number;
  /** How many leading bits are fixed: 16 in 172.17.0.0/16. */
  readonly prefix: number;
}

export function parseAddress(text: string): number | undefined {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => /^\d{1,3}$/.test(part) && Number(part) < 256)) return undefined;
  return parts.reduce((sum, part) => sum * 256 + Number(part), 0);
}

export function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join(".");
}

/** `172.17.0.0/16`; bits behind the prefix are dropped. */
export function parseSubnet(text: string): Subnet | undefined {
  const [address, bits] = text.split("/");
  const number = parseAddress(address ?? "");
  const prefix = Number(bits);
  if (number === undefined || !/^\d{1,2}$/.test(bits ?? "") || prefix > 32) return undefined;
  return { base: number - (number % sizeOf(prefix)), prefix };
}

export function formatSubnet(subnet: Subnet): string {
  return `${formatAddress(subnet.base)}/${subnet.prefix}`;
}

/** How many addresses it has, its first and last ones included. */
export function subnetSize(subnet: Subnet): number {
  return sizeOf(subnet.prefix);
}

export function contains(subnet: Subnet, address: number): boolean {
  return address >= subnet.base && address < subnet.base + subnetSize(subnet);
}

/** The two halves, lower first. */
export function halves(subnet: Subnet): [Subnet, Subnet] {
  const prefix = subnet.prefix + 1;
  return [
    { base: subnet.base, prefix },
    { base: subnet.base + sizeOf(prefix), prefix },
  ];
}

function sizeOf(prefix: number): number {
  return 2 ** (32 - prefix);
}

import { lookup } from "node:dns/promises";
import { readFile } from "node:fs/promises";
import { networkInterfaces } from "node:os";
import { AddressList } from "../lib/address-list.ts";
import { delay } from "../lib/delay.ts";
import { metadataNetworks, type Opening } from "./rules.ts";

export interface HostPort {
  readonly host: string;
  readonly port: number;
}

const ports: Record<string, number> = { http: 80, https: 443, git: 9418, ssh: 22 };

/** The servers that settings name: mirrors, registries, proxies. `sparse+https://a/b,direct` has one. */
export function serversIn(texts: readonly (string | undefined)[]): HostPort[] {
  const found = texts
    .flatMap((text) => text?.match(/\b[a-z]+:\/\/[^\s,|]+/g) ?? [])
    .filter((text) => URL.canParse(text));
  return found.flatMap((address) => {
    const { protocol, hostname, port } = new URL(address);
    const number = port === "" ? ports[protocol.slice(0, -1)] : Number(port);
    return number === undefined || hostname === "" ? [] : [{ host: hostname, port: number }];
  });
}

/** Addresses by name. A name that cannot be found now keeps those that it had: a mirror must not be shut by a slow DNS. */
export class KnownNames {
  readonly #known = new Map<string, readonly string[]>();

  async addresses(host: string): Promise<readonly string[]> {
    const over = new AbortController();
    const asked = lookup(host, { all: true, family: 4 }).then((found) => found.map(({ address }) => address).sort());
    const late = delay(lookupMs, over.signal).then(() => undefined);
    const found = await Promise.race([asked, late]).catch(() => undefined);
    over.abort();
    for (const loser of [asked, late]) loser.catch(() => undefined);
    if (found !== undefined) this.#known.set(host, found);
    return this.#known.get(host) ?? [];
  }
}

const lookupMs = 2_000;

/** Those of the servers that the firewall would refuse. */
export async function openServers(servers: readonly HostPort[], names = new KnownNames()): Promise<Opening[]> {
  const guarded = guardedAddresses();
  const all = servers.map(async ({ host, port }): Promise<Opening[]> => {
    const found = await names.addresses(host);
    return found.filter((address) => guarded.has(address)).map((address) => ({ address, port, protocol: "tcp" }));
  });
  return (await Promise.all(all)).flat();
}

const resolverFiles = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** A container asks the host's name servers, and these may be the host itself or, in a cloud, at a link-local address. */
export async function openResolvers(files: readonly string[] = resolverFiles): Promise<Opening[]> {
  const texts = await Promise.all(files.map((path) => readFile(path, "utf8").catch(() => "")));
  const engine = await readFile("/etc/docker/daemon.json", "utf8").catch(() => "");
  const named = [...texts.join("\n").matchAll(/^\s*nameserver\s+([\d.]+)\s*$/gm)].map(([, address]) => String(address));
  const guarded = guardedAddresses();
  const addresses = new Set([...named, ...dnsOf(engine)].filter((address) => guarded.has(address)));
  return [...addresses].flatMap((address) =>
    (["udp", "tcp"] as const).map((protocol) => ({ address, port: 53, protocol })),
  );
}

function dnsOf(text: string): string[] {
  try {
    const { dns } = JSON.parse(text) as { dns?: unknown };
    return Array.isArray(dns) ? dns.filter((address) => typeof address === "string") : [];
  } catch {
    return [];
  }
}

/** What a container reaches over the network, so not 127.0.0.1. */
function guardedAddresses(): AddressList {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  const reachable = own.filter(({ internal, family }) => !internal && family === "IPv4");
  return new AddressList([...reachable.map(({ address }) => address), ...metadataNetworks[4]]);
}

/** What containers may reach of the host, and of what only a host should reach: as arguments of iptables. Pure. */

/** A service that a setting opens: of the host, or at one of the addresses of the cloud. */
export interface Opening {
  /** Undefined: every address of the host. */
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

export interface ContainerAddress {
  readonly bridge: string;
  readonly address: string;
}

export interface FirewallPlan {
  readonly instance: string;
  /** Interfaces on the host of the networks that dynos and builds are on. */
  readonly bridges: readonly string[];
  /** Address of the host on the dynos' network. */
  readonly gateway: string;
  /** Of the router: open at every address of the host that has a public name, which the gateway never has. */
  readonly routerPorts: readonly number[];
  readonly openings: readonly Opening[];
  /** Containers of others on one of the bridges: they may do as before. */
  readonly exempt?: readonly ContainerAddress[];
}

export type Family = 4 | 6;

/** Rules of the chain, and the chains that jump to it: each is the rest of an `-A` line of iptables-restore. */
export interface FamilyRules {
  readonly chain: string;
  readonly rules: readonly string[];
  /** To be the first ones of `INPUT`, and of the chain for what is forwarded. */
  readonly jumps: readonly string[];
}

/** Where clouds tell a machine its secrets. Some have their name servers there too: those are among the openings. */
export const metadataNetworks: Record<Family, readonly string[]> = {
  // Link-local (AWS, GCP, Azure, Hetzner, DigitalOcean, ...), Azure's host, Alibaba, Oracle.
  4: ["169.254.0.0/16", "168.63.129.16/32", "100.100.100.200/32", "192.0.0.192/32"],
  6: ["fe80::/10", "fd00:ec2::254/128"],
};

export function chainName(instance: string): string {
  return `BERTH-${instance}`;
}

/** In every jump: tells the rules of this Berth from those of another. */
export function commentOf(instance: string): string {
  return `berth-${instance}`;
}

export function familyRules(plan: FirewallPlan, family: Family): FamilyRules {
  const chain = chainName(plan.instance);
  return {
    chain,
    rules: [
      // Answers to the host, which is who talks to dynos.
      "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
      ...(family === 4 ? (plan.exempt ?? []).map(exemptRule) : []),
      ...(family === 4 ? plan.openings.map(openingRule) : ["-p ipv6-icmp -j RETURN"]),
      ...metadataNetworks[family].map((network) => `-d ${network} ${refuse}`),
      ...(family === 4 ? plan.routerPorts.map((port) => routerRule(port, plan.gateway)) : []),
      // What is not for one address elsewhere is for the host: its own ones, broadcast, multicast.
      `-m addrtype ! --dst-type UNICAST ${refuse}`,
    ],
    jumps: plan.bridges.map((bridge) => `-i ${bridge} -m comment --comment ${commentOf(plan.instance)} -j ${chain}`),
  };
}

// Refused at once: a program that looks for the metadata of a cloud must not wait for it.
const refuse = "-j REJECT";

function exemptRule({ bridge, address }: ContainerAddress): string {
  return `-s ${address}/32 -i ${bridge} -j RETURN`;
}

function openingRule({ address, port, protocol }: Opening): string {
  const to = address === undefined ? "-m addrtype --dst-type LOCAL" : `-d ${address}/32`;
  return `-p ${protocol} ${to} -m ${protocol} --dport ${port} -j RETURN`;
}

function routerRule(port: number, gateway: string): string {
  return `-p tcp ! -d ${gateway}/32 -m addrtype --dst-type LOCAL -m tcp --dport ${port} -j RETURN`;
}

/**
 * Input of `iptables-restore --noflush` that puts the rules in place of what `saved` (of iptables-save) has of this
 * instance. All or nothing. Without `wanted`: only takes them away.
 */
export function restoreInput(saved: string, instance: string, wanted?: FamilyRules): string {
  const chain = chainName(instance);
  const lines = ["*filter"];
  if (wanted !== undefined || hasChain(saved, chain)) lines.push(`:${chain} - [0:0]`);
  lines.push(...jumpsIn(saved, instance).map((line) => line.replace(/^-A/, "-D")));
  if (wanted === undefined) {
    if (hasChain(saved, chain)) lines.push(`-X ${chain}`);
  } else {
    lines.push(...wanted.rules.map((rule) => `-A ${chain} ${rule}`));
    for (const parent of parents(saved)) lines.push(...wanted.jumps.map((jump) => `-I ${parent} 1 ${jump}`));
  }
  return [...lines, "COMMIT", ""].join("\n");
}

/** What `saved` has of this instance, to be compared: the lines of its chain, its jumps, and whether they come first. */
export function stateIn(saved: string, instance: string): string {
  const own = linesOf(saved).filter((line) => line.startsWith(`-A ${chainName(instance)} `));
  const first = parents(saved).map((parent) => {
    const lines = linesOf(saved).filter((line) => line.startsWith(`-A ${parent} `));
    const strange = lines.findIndex((line) => !/ -j (BERTH-|f2b-)/.test(line));
    const jumps = lines.flatMap((line, index) => (isJump(line, instance) ? [index] : []));
    return strange === -1 || jumps.every((index) => index < strange);
  });
  return JSON.stringify([own, jumpsIn(saved, instance), first]);
}

/** Docker keeps its own rules behind those of DOCKER-USER; without it, what is forwarded is met at the front. */
function parents(saved: string): string[] {
  return ["INPUT", hasChain(saved, "DOCKER-USER") ? "DOCKER-USER" : "FORWARD"];
}

function jumpsIn(saved: string, instance: string): string[] {
  return linesOf(saved).filter((line) => isJump(line, instance));
}

function isJump(line: string, instance: string): boolean {
  return line.startsWith("-A ") && line.includes(` --comment ${commentOf(instance)} `);
}

function hasChain(saved: string, chain: string): boolean {
  return linesOf(saved).some((line) => line.startsWith(`:${chain} `));
}

function linesOf(saved: string): string[] {
  return saved.split("\n");
}

import { formatAddress, formatSubnet, halves, parseSubnet } from "../lib/ipv4.ts";
import { messageOf, UserError } from "../model/errors.ts";
import type { DockerEngine, NetworkDetails, NetworkOptions } from "./engine.ts";
import { EngineError, hasStatus } from "./errors.ts";
import { type Kind, labels } from "./labels.ts";

/** The bridge on which all containers of one Berth are. */
export interface BerthNetwork {
  readonly name: string;
  readonly id: string;
  /** `172.20.0.0/16`: who connects from in there is an app. */
  readonly subnet: string;
  /** The host's own address on it. */
  readonly gateway: string;
  /** Dynos' fixed addresses come from here; the engine hands out the other half. */
  readonly dynoRange: string;
}

const bridgeOptions = { "com.docker.network.bridge.enable_icc": "false" } as const;
// What else the engine uses a fresh subnet for between our two calls is up to chance: a few tries, not one.
const attempts = 5;

/**
 * The network of this Berth, made where it is missing. Containers on it reach the world and the host but not each other.
 * Throws `network-unusable` for one of that name that Berth did not make, `subnets-exhausted` where the engine has no
 * subnet left. `before`: as it was, so that dynos can keep their addresses.
 */
export async function ensureNetwork(
  engine: DockerEngine,
  instance: string,
  before?: BerthNetwork,
): Promise<BerthNetwork> {
  const name = networkName(instance);
  await removeProbes(engine, instance);
  for (let attempt = 1; ; attempt++) {
    const found = await engine.networks.inspect(name);
    if (found) return usable(found, name, instance);
    const { subnet, gateway } = attempt === 1 && before ? before : await freeSubnet(engine, instance);
    try {
      await engine.networks.create(networkOptions(instance, subnet, gateway));
    } catch (error) {
      // Another network took the name or the subnet meanwhile: look again.
      if (!hasStatus(error, 403, 409, 500) || attempt === attempts) throw error;
    }
  }
}

/** Takes the network away; no container may be on it. For the end of a Berth and for tests. */
export async function removeNetwork(engine: DockerEngine, instance: string): Promise<void> {
  await engine.networks.remove(networkName(instance));
}

/** The interface on the host of a network that Berth made. */
export function bridgeOf(networkId: string): string {
  return `br-${networkId.slice(0, 12)}`;
}

export function networkName(instance: string): string {
  return `berth-${instance}`;
}

export function networkOptions(instance: string, subnet: string, gateway: string): NetworkOptions {
  return {
    name: networkName(instance),
    labels: networkLabels(instance, "network"),
    options: bridgeOptions,
    subnet,
    range: formatSubnet(split(subnet)[1]),
    gateway,
  };
}

function networkLabels(instance: string, kind: Kind) {
  return { [labels.instance]: instance, [labels.kind]: kind };
}

// Only a network with a subnet of the user's choice takes fixed addresses, and only the engine knows which one is free:
// it chooses one for a network that is removed again at once.
async function freeSubnet(engine: DockerEngine, instance: string): Promise<{ subnet: string; gateway: string }> {
  const name = `${networkName(instance)}-probe-${engine.session.slice(0, 8)}`;
  const id = await createProbe(engine, name, instance);
  try {
    const { subnet, gateway } = (await engine.networks.inspect(id)) ?? {};
    if (subnet === undefined) throw new Error("The engine made a network without a subnet");
    const parsed = parseSubnet(subnet);
    if (parsed === undefined) throw new Error(`The engine made a network with the subnet ${subnet}`);
    return { subnet, gateway: gateway ?? formatAddress(parsed.base + 1) };
  } finally {
    await engine.networks.remove(id);
  }
}

async function createProbe(engine: DockerEngine, name: string, instance: string): Promise<string> {
  try {
    return await engine.networks.create({ name, labels: networkLabels(instance, "probe") });
  } catch (error) {
    if (error instanceof EngineError && /predefined address pools|non-overlapping/.test(error.message)) {
      throw new UserError("subnets-exhausted", "The Docker engine has no free subnet for Berth's network", {
        hint: "Remove networks that are not used (docker network ls), or add default-address-pools to /etc/docker/daemon.json",
        cause: error,
      });
    }
    throw error;
  }
}

// Left behind by a daemon that was killed at the wrong moment.
async function removeProbes(engine: DockerEngine, instance: string): Promise<void> {
  for (const { id } of await engine.networks.list(networkLabels(instance, "probe"))) await engine.networks.remove(id);
}

function usable(found: NetworkDetails, name: string, instance: string): BerthNetwork {
  const refuse = (reason: string): UserError =>
    new UserError("network-unusable", `The Docker network ${name} cannot be used: ${reason}`, {
      hint: `Berth makes its own one: remove this one with 'docker network rm ${name}'`,
    });
  if (found.labels[labels.instance] !== instance) throw refuse("Berth did not make it");
  if (found.driver !== "bridge") throw refuse(`its driver is ${found.driver}, not bridge`);
  if (Object.entries(bridgeOptions).some(([key, value]) => found.options[key] !== value)) {
    throw refuse("containers on it can reach each other");
  }
  const { subnet, gateway, id } = found;
  if (subnet === undefined || gateway === undefined) throw refuse("it has no fixed subnet");
  try {
    const [dynos, others] = split(subnet).map(formatSubnet) as [string, string];
    if (found.range !== others) throw new Error(`the engine hands out ${found.range ?? "all"} of its addresses`);
    return { name, id, subnet, gateway, dynoRange: dynos };
  } catch (error) {
    throw refuse(messageOf(error));
  }
}

function split(subnet: string) {
  const parsed = parseSubnet(subnet);
  if (parsed === undefined || parsed.prefix > 28) throw new Error(`its subnet ${subnet} is too small or not IPv4`);
  return halves(parsed);
}

import type { Mutex } from "../lib/mutex.ts";
import type { DockerEngine } from "./engine.ts";
import { labels } from "./labels.ts";

export interface AppNetworks {
  readonly engine: DockerEngine;
  readonly instance: string;
  /** The engine checks a name before it makes a network, and so makes two for two who ask at once. */
  readonly making: Mutex;
}

/**
 * Puts a container that is not started yet on the network that joins the services of one app. It is made where it is missing.
 * The way to the world stays the Berth network; this one has neither a way out nor an address of the host.
 */
export async function joinAppNetwork(
  networks: AppNetworks,
  appId: string,
  container: string,
  aliases: readonly string[],
): Promise<void> {
  const id = await networks.making.run(() => findOrCreate(networks, appId));
  await networks.engine.networks.connect(id, container, aliases);
}

async function findOrCreate({ engine, instance }: AppNetworks, appId: string): Promise<string> {
  const own = { [labels.instance]: instance, [labels.kind]: "app-network", [labels.appId]: appId };
  // By label and not by name, of which an engine may have several.
  const found = (await engine.networks.list(own)).map(({ id }) => id).sort();
  if (found[0] !== undefined) return found[0];
  return await engine.networks.create({
    name: `berth-${instance}-app-${appId}`,
    labels: own,
    options: { "com.docker.network.bridge.inhibit_ipv4": "true" },
    internal: true,
  });
}

import type { DockerEngine } from "./engine.ts";
import { hasStatus } from "./errors.ts";
import { labels } from "./labels.ts";

/**
 * Puts a container that is not started yet on the network that joins the services of one app. It is made where it is missing.
 * The way to the world stays the Berth network; this one has neither a way out nor an address of the host.
 */
export async function joinAppNetwork(
  engine: DockerEngine,
  { instance, appId }: { instance: string; appId: string },
  container: string,
  aliases: readonly string[],
): Promise<void> {
  const name = appNetwork(instance, appId);
  if ((await engine.networks.inspect(name)) === undefined) await create(engine, { instance, appId, name });
  await engine.networks.connect(name, container, aliases);
}

async function create(
  engine: DockerEngine,
  { instance, appId, name }: { instance: string; appId: string; name: string },
): Promise<void> {
  try {
    await engine.networks.create({
      name,
      labels: { [labels.instance]: instance, [labels.kind]: "app-network", [labels.appId]: appId },
      options: { "com.docker.network.bridge.inhibit_ipv4": "true" },
      internal: true,
    });
  } catch (error) {
    // Another dyno of the app has just made it.
    if (!hasStatus(error, 409)) throw error;
  }
}

export function appNetwork(instance: string, appId: string): string {
  return `berth-${instance}-app-${appId}`;
}

import type { ContainerDetails, DockerEngine } from "../docker/engine.ts";

/**
 * Where the host reaches the container: of several networks, the first by name whose driver is the host's own bridge.
 * Undefined where there is none.
 */
export async function addressOf(engine: DockerEngine, { networks }: ContainerDetails): Promise<string | undefined> {
  for (const { name, address } of [...networks].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (name === "host") return "127.0.0.1";
    if (address !== undefined && (await engine.networks.inspect(name))?.driver === "bridge") return address;
  }
  return undefined;
}

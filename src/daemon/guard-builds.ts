import type { DockerEngine, ImageBuild } from "../docker/engine.ts";
import type { BerthNetwork } from "../docker/network.ts";
import type { ContainerAddress } from "../firewall/rules.ts";

/**
 * BuildKit runs the steps of a Dockerfile on the engine's own bridge, which is not Berth's: while it builds, the firewall
 * keeps what is on that bridge from the host as well, except containers of others.
 */
export class BuildGuard {
  readonly #changed: () => Promise<void>;
  #running = 0;

  /** `changed`: there is a build now, or none any more. Must not throw. */
  constructor(changed: () => Promise<void>) {
    this.#changed = changed;
  }

  get isBuilding(): boolean {
    return this.#running > 0;
  }

  async during<T>(build: () => Promise<T>): Promise<T> {
    this.#running++;
    try {
      await this.#changed();
      return await build();
    } finally {
      this.#running--;
      await this.#changed();
    }
  }
}

/** The classic builder can be told its network, and its containers look like anybody's. */
export function withGuardedBuilds(engine: DockerEngine, network: BerthNetwork, guard: BuildGuard): DockerEngine {
  const { images } = engine;
  const build = (what: ImageBuild, signal: AbortSignal) =>
    guard.during(() => images.build(what.backend === "classic" ? { ...what, network: network.name } : what, signal));
  return { ...engine, images: { ...images, build } };
}

export interface EngineBridge {
  readonly name: string;
  /** What runs there and is no build. */
  readonly containers: readonly ContainerAddress[];
}

/** Undefined if the engine was told to have none. */
export async function engineBridge(engine: DockerEngine): Promise<EngineBridge | undefined> {
  const found = await engine.networks.inspect("bridge");
  if (found === undefined) return undefined;
  const name = found.options["com.docker.network.bridge.name"] ?? "docker0";
  // A step of BuildKit's is listed as well, under the id of an endpoint (`ep-...`).
  const others = Object.entries(found.containers).filter(([id]) => /^[0-9a-f]{64}$/.test(id));
  const addresses = others.map(([, address]) => address).filter((address) => address !== undefined);
  return { name, containers: addresses.sort().map((address) => ({ bridge: name, address })) };
}

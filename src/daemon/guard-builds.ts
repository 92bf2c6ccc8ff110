import type { DockerEngine, ImageBuild } from "../docker/engine.ts";
import type { BerthNetwork } from "../docker/network.ts";
import type { ContainerAddress } from "../firewall/rules.ts";

export interface BuildGuardOptions {
  /** There is a build now, or none any more, or other containers beside it. Must not throw. */
  readonly changed: () => Promise<void>;
  /** Tells of containers that start and end; resolves once it is subscribed. */
  readonly containers: (signal: AbortSignal) => Promise<AsyncIterable<unknown>>;
}

/**
 * BuildKit runs the steps of a Dockerfile on the engine's own bridge, which is not Berth's: while it builds, the firewall
 * keeps what is on that bridge from the host as well, except containers of others.
 */
export class BuildGuard {
  readonly #options: BuildGuardOptions;
  #running = 0;
  #isTelling = false;
  #isStale = false;

  constructor(options: BuildGuardOptions) {
    this.#options = options;
  }

  get isBuilding(): boolean {
    return this.#running > 0;
  }

  async during<T>(build: () => Promise<T>): Promise<T> {
    const over = new AbortController();
    this.#running++;
    try {
      await this.#follow(over.signal);
      await this.#options.changed();
      return await build();
    } finally {
      over.abort();
      this.#running--;
      await this.#options.changed();
    }
  }

  /** A container of others that starts meanwhile must reach the host as before, and its address may be a build's once it has ended. */
  async #follow(signal: AbortSignal): Promise<void> {
    try {
      void this.#tellOfEach(await this.#options.containers(signal)).catch(() => undefined);
    } catch {
      // The rules are looked at every few seconds anyway.
    }
  }

  async #tellOfEach(events: AsyncIterable<unknown>): Promise<void> {
    for await (const _ of events) void this.#tell();
  }

  /** Once for all that happen while the rules are being changed. */
  async #tell(): Promise<void> {
    this.#isStale = true;
    if (this.#isTelling) return;
    this.#isTelling = true;
    while (this.#isStale) {
      this.#isStale = false;
      await this.#options.changed();
    }
    this.#isTelling = false;
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

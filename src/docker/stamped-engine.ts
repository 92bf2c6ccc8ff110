import type { Stamp } from "../model/stamp.ts";
import type { ContainerCreateOptions, DockerEngine, Labels } from "./engine.ts";
import { type Kind, labels } from "./labels.ts";

/** Short-lived: who made them shows in their session. */
const unstampedKinds: readonly (string | undefined)[] = ["run", "build", "slug", "probe"] satisfies Kind[];

/** The engine, with a fresh stamp on all of Berth's own that is made on it and stays. `take` is asked before each. */
export function stampedEngine(engine: DockerEngine, take: () => Stamp): DockerEngine {
  const stamped = <T extends Labels | undefined>(own: T): T => {
    if (own?.[labels.instance] === undefined || unstampedKinds.includes(own[labels.kind])) return own;
    const { store, generation } = take();
    return { ...own, [labels.store]: store, [labels.generation]: String(generation) };
  };
  const { containers, images, networks } = engine;
  return {
    ...engine,
    containers: {
      ...containers,
      create: (name, options) => containers.create(name, stampedContainer(options, stamped)),
      commit: (id, image, config, signal) => {
        const { Labels = {} } = config as { Labels?: Labels };
        return containers.commit(id, image, { ...config, Labels: stamped(Labels) }, signal);
      },
    },
    images: { ...images, build: (build, signal) => images.build({ ...build, labels: stamped(build.labels) }, signal) },
    networks: {
      ...networks,
      create: (options) => networks.create({ ...options, labels: stamped(options.labels) }),
    },
  };
}

/** With its volumes, which come into being with it. */
function stampedContainer(
  options: ContainerCreateOptions,
  stamped: <T extends Labels | undefined>(own: T) => T,
): ContainerCreateOptions {
  const { HostConfig } = options;
  const Mounts = HostConfig?.Mounts?.map((mount) => {
    const { VolumeOptions } = mount;
    return VolumeOptions === undefined
      ? mount
      : { ...mount, VolumeOptions: { ...VolumeOptions, Labels: stamped(VolumeOptions.Labels) } };
  });
  return {
    ...options,
    ...(options.Labels && { Labels: stamped(options.Labels) }),
    ...(Mounts && { HostConfig: { ...HostConfig, Mounts } }),
  };
}

/** Undefined for what carries none. */
export function stampOf(own: Labels): Stamp | undefined {
  const [store, generation] = [own[labels.store], Number(own[labels.generation])];
  return store === undefined || !Number.isSafeInteger(generation) ? undefined : { store, generation };
}

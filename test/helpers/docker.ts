import { randomBytes } from "node:crypto";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import { connectTo } from "../../src/docker/dockerode.ts";
import type { DockerEngine } from "../../src/docker/engine.ts";
import { labels } from "../../src/docker/labels.ts";
import { type BerthNetwork, ensureNetwork } from "../../src/docker/network.ts";
import { defaultTimeLimits } from "../../src/docker/time-limit.ts";
import { createLogger, type Logger } from "../../src/lib/logger.ts";

export const dockerSocket = "/var/run/docker.sock";

/** A Berth's place on the real engine: an instance id of its own, and with `dispose` nothing of it is left. */
export interface DockerPlace {
  readonly engine: DockerEngine;
  readonly instance: string;
  readonly network: BerthNetwork;
  readonly logger: Logger;
  dispose(): Promise<void>;
}

export async function dockerPlace(): Promise<DockerPlace> {
  const engine = createDockerEngine({ socketPath: dockerSocket });
  const instance = newInstance();
  const network = await ensureNetwork(engine, instance);
  const logger = await createLogger("silent", false);
  return { engine, instance, network, logger, dispose: () => removeAllOf(engine, instance) };
}

export function newInstance(): string {
  return `test-${randomBytes(5).toString("hex")}`;
}

/** Removes containers, images, volumes and networks of an instance. */
export async function removeAllOf(engine: DockerEngine, instance: string): Promise<void> {
  const label = { [labels.instance]: instance };
  const containers = await engine.containers.list(label);
  await Promise.all(containers.map(({ id }) => engine.containers.remove(id)));
  const docker = connectTo(engine.socketPath, defaultTimeLimits);
  const filters = { label: [`${labels.instance}=${instance}`] };
  for (const { Id } of await docker.listImages({ filters })) await docker.getImage(Id).remove({ force: true });
  const { Volumes } = await docker.listVolumes({ filters });
  for (const { Name } of Volumes ?? []) await engine.volumes.remove(Name);
  for (const { id } of await engine.networks.list(label)) await engine.networks.remove(id);
}

/** The same as a client for a socket of its own, to see what the engine keeps apart. */
export function rawDocker() {
  return connectTo(dockerSocket, defaultTimeLimits);
}

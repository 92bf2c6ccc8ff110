import { randomUUID } from "node:crypto";
import { callsTo } from "./call.ts";
import { containersOf } from "./containers.ts";
import { connectTo } from "./dockerode.ts";
import type { DockerEngine } from "./engine.ts";
import { subscribe } from "./events.ts";
import { imagesOf, networksOf, volumesOf } from "./objects.ts";
import { defaultTimeLimits, type TimeLimits } from "./time-limit.ts";

interface EngineOptions {
  readonly socketPath: string;
  readonly limits?: TimeLimits;
  /** Its reason is what all calls end with from then on. */
  readonly quit?: AbortSignal;
}

/** A client for the engine on a unix socket. Connects with each call, so it survives the engine's restarts. */
export function createDockerEngine({ socketPath, limits = defaultTimeLimits, quit }: EngineOptions): DockerEngine {
  const docker = connectTo(socketPath, limits, quit);
  const call = callsTo(socketPath);
  return {
    socketPath,
    session: randomUUID(),
    version: () =>
      call(async () => {
        const { Version, ApiVersion } = await docker.version();
        return { version: Version, apiVersion: ApiVersion };
      }),
    folder: () => call(async () => ((await docker.info()) as { DockerRootDir: string }).DockerRootDir),
    containers: containersOf(docker, call, limits.changeMs),
    images: imagesOf(docker, call, socketPath),
    networks: networksOf(docker, call),
    volumes: volumesOf(docker, call),
    events: (filter, signal) => call(() => subscribe(docker, filter, signal)),
  };
}

import { createRequire } from "node:module";
import type Dockerode from "dockerode";
import { limitTime, type TimeLimits } from "./time-limit.ts";

const require = createRequire(import.meta.url);

// dockerode loads gRPC and protobuf for BuildKit sessions at once: 14 MB of memory that nothing here uses. This stands in
// for that one module and loads it when a session is asked for.
const sessionModule = require.resolve("dockerode/lib/session.js");
if (require.cache[sessionModule] === undefined) {
  const standIn = (...args: unknown[]): unknown => {
    delete require.cache[sessionModule];
    return require(sessionModule)(...args);
  };
  require.cache[sessionModule] = { exports: standIn, loaded: true } as NodeJS.Module;
}

const Docker = require("dockerode") as typeof Dockerode;

/** A client on the engine's socket, whatever DOCKER_HOST says: the configuration has named the socket. */
export function connectTo(socketPath: string, limits: TimeLimits, quit?: AbortSignal): Dockerode {
  const docker = new Docker({ socketPath, host: undefined as unknown as string, protocol: "http" });
  docker.modem.dial = limitTime(docker.modem.dial.bind(docker.modem) as never, limits, quit) as never;
  return docker;
}

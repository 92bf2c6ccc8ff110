import type { Settings } from "../config/schema.ts";
import { freePort } from "../lib/free-port.ts";
import { UserError } from "../model/errors.ts";

export interface Ports {
  readonly http: number;
  readonly https: number;
}

/** 0 stands for any that is free. */
export async function chosenPorts({ httpHost, httpPort, httpsPort }: Settings): Promise<Ports> {
  return {
    http: httpPort === 0 ? await freePort(httpHost) : httpPort,
    https: httpsPort === 0 ? await freePort(httpHost) : httpsPort,
  };
}

/** Throws `port-in-use`, `port-forbidden`. */
export async function orPortError<T>(listening: Promise<T>, { sshPort }: Settings): Promise<T> {
  try {
    return await listening;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new UserError("port-in-use", `Port ${sshPort} for ssh is in use by another program`, {
        hint: "Choose another one with --ssh-port",
      });
    }
    if (code === "EACCES") {
      throw new UserError("port-forbidden", `Port ${sshPort} for ssh may not be opened by this user`, {
        hint: "Choose a port of 1024 or above with --ssh-port, or grant CAP_NET_BIND_SERVICE",
      });
    }
    throw error;
  }
}

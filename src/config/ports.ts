import { UserError } from "../model/errors.ts";
import type { Settings } from "./schema.ts";

type Listener = readonly [name: string, host: string, port: number];

/**
 * Throws `port-conflict` if two listeners would share a port. The kernel would not stop it: router workers share their ports
 * (SO_REUSEPORT), and connections then go to one listener or the other at random. Port 0 is a new port each time.
 */
export function refuseSharedPorts(settings: Settings): void {
  const { sshHost, sshPort, httpHost, httpPort, httpsPort, metricsPort } = settings;
  const listeners: Listener[] = [
    ["ssh-port", sshHost, sshPort],
    ["http-port", httpHost, httpPort],
    ["https-port", httpHost, httpsPort],
    ["metrics-port", "127.0.0.1", metricsPort ?? 0],
  ];
  for (const [index, one] of listeners.entries()) {
    const other = listeners.slice(index + 1).find((candidate) => collide(one, candidate));
    if (other === undefined) continue;
    throw new UserError("port-conflict", `${one[0]} and ${other[0]} are both ${one[2]}`, {
      hint: `Each needs a port of its own: choose another ${other[0]}`,
    });
  }
}

function collide([, host, port]: Listener, [, otherHost, otherPort]: Listener): boolean {
  return port !== 0 && port === otherPort && (host === otherHost || [host, otherHost].some(isShared));
}

/** `localhost` may be either loopback address. */
function isShared(host: string): boolean {
  return host === "0.0.0.0" || host === "::" || host === "localhost";
}

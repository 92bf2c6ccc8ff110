import { createServer } from "node:net";

/**
 * Undefined where the port is free, else the system's code. The workers themselves cannot tell: with SO_REUSEPORT a second
 * Berth of the same user would get the port too, and half of the first one's requests.
 */
export function portTrouble(port: number, host: string | undefined): Promise<string | undefined> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message));
    server.listen({ port, host, exclusive: true }, () => server.close(() => resolve(undefined)));
  });
}

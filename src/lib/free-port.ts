import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/**
 * Binds the TCP port (0: any free one), lets it go again and gives its number. Rejects with the system's error where that
 * is not possible: EADDRINUSE, EACCES.
 */
export async function freePort(host: string, wanted = 0): Promise<number> {
  const server = createServer();
  server.listen(wanted, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

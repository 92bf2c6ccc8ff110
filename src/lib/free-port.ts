import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";

/** A TCP port that nothing uses on this address right now. */
export async function freePort(host: string): Promise<number> {
  const server = createServer();
  server.listen(0, host);
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return port;
}

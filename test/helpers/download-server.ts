import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { type CleanUp, runOk } from "./berth.ts";
import { addressForContainers } from "./host-address.ts";

/** Serves these files to containers on Docker's default network; made when they are asked for, as they may name the address. */
export async function serveDownloads(
  cleanUp: CleanUp,
  files: (url: string) => Record<string, string | Buffer>,
): Promise<string> {
  const address = await addressForContainers();
  const server = createServer((request, response) => {
    const content = files(url)[request.url ?? ""];
    response.writeHead(content === undefined ? 404 : 200).end(content);
  });
  server.listen(0, address);
  await once(server, "listening");
  cleanUp.after(async () => {
    server.closeAllConnections();
    server.close();
  });
  const url = `http://${address}:${(server.address() as AddressInfo).port}`;
  return url;
}

/** A tar of these files, all of them programs; compressed as `flag` tells tar. */
export async function archiveOf(folder: string, flag: "z" | "J"): Promise<Buffer> {
  const base64 = await runOk("bash", [
    "-c",
    `chmod -R 755 "$1" && tar -C "$1" -${flag}c -- $(ls "$1") | base64`,
    "bash",
    folder,
  ]);
  return Buffer.from(base64, "base64");
}

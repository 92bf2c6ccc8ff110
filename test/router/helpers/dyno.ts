import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Socket } from "node:net";
import type { AppRoutes, Target } from "../../../src/model/route.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";

export interface TestDyno {
  readonly target: Target;
  readonly server: Server;
  /** Requests it has seen. */
  readonly seen: string[];
  stop(): Promise<void>;
}

let count = 0;

function targetOf(port: number): Target {
  count += 1;
  return { id: `container-${count}`, dyno: `web.${count}`, address: "127.0.0.1", port };
}

/** An HTTP server that stands for a dyno. */
export async function startDyno(t: CleanUp, listener: RequestListener): Promise<TestDyno> {
  const seen: string[] = [];
  const server = createServer((request, response) => {
    seen.push(`${request.method} ${request.url}`);
    listener(request, response);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const stop = async () => {
    if (!server.listening) return;
    server.close();
    server.closeAllConnections();
    await once(server, "close");
  };
  cleanUp(t, stop);
  return { target: targetOf((server.address() as AddressInfo).port), server, seen, stop };
}

/** A dyno that speaks as the test says, byte for byte. */
export async function startRawDyno(t: CleanUp, onSocket: (socket: Socket) => void): Promise<{ target: Target }> {
  const sockets = new Set<Socket>();
  const server = createTcpServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.once("close", () => sockets.delete(socket));
    onSocket(socket);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp(t, async () => {
    server.close();
    for (const socket of sockets) socket.destroy();
    await once(server, "close");
  });
  return { target: targetOf((server.address() as AddressInfo).port) };
}

/** A target where nothing listens. */
export async function deadTarget(): Promise<Target> {
  const server = createTcpServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, "close");
  return targetOf(port);
}

/** The routes of `app.test`. */
export function routesTo(targets: readonly Target[], app = "app"): AppRoutes {
  return { app, hosts: [`${app}.test`], targets, release: 1 };
}

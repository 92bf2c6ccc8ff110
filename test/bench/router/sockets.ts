import { setTimeout as delay } from "node:timers/promises";
import { WebSocket } from "ws";
import { residentBytes } from "./processes.ts";
import { type Contender, host, socketHost } from "./proxies.ts";

const count = 1_000;
const rounds = 10;

export interface SocketResult {
  readonly bytesEach: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** A thousand WebSockets: what each costs in memory, and how long an echo takes with one in twenty speaking at a time. */
export async function measureSockets(proxy: Contender): Promise<SocketResult> {
  const first = await open(proxy);
  await echo(first);
  const before = await residentBytes(proxy.pids);
  const sockets: WebSocket[] = [];
  for (let i = 0; i < count; i += 50) {
    sockets.push(...(await Promise.all(Array.from({ length: 50 }, () => open(proxy)))));
  }
  for (const socket of sockets) await echo(socket);
  await delay(1_000);
  const bytesEach = ((await residentBytes(proxy.pids)) - before) / count;
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    for (let i = 0; i < count; i += 50) times.push(...(await Promise.all(sockets.slice(i, i + 50).map(echo))));
  }
  for (const socket of [first, ...sockets]) socket.terminate();
  times.sort((a, b) => a - b);
  const at = (part: number) => times[Math.floor(times.length * part)] ?? Number.NaN;
  return { bytesEach, p50Ms: at(0.5), p99Ms: at(0.99) };
}

function open({ name, http }: Contender): Promise<WebSocket> {
  const headers = { host: name.startsWith("Berth") ? socketHost : host };
  const socket = new WebSocket(`ws://127.0.0.1:${http}/socket`, { headers, perMessageDeflate: false });
  return new Promise((resolve, reject) => {
    socket.once("open", () => resolve(socket));
    socket.once("error", (error) => reject(new Error(`${name}: ${error.message}`)));
  });
}

function echo(socket: WebSocket): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const onClose = () => reject(new Error("a WebSocket was closed"));
    socket.once("close", onClose);
    socket.once("message", () => {
      socket.off("close", onClose);
      resolve(performance.now() - begin);
    });
    socket.send("0123456789");
  });
}

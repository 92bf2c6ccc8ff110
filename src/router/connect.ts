import { connect as netConnect, type Socket } from "node:net";
import type { Target } from "../model/route.ts";

/** Resolves with a connected socket; rejects with code `ETIMEDOUT` when it takes too long. */
export function connectTo(target: Target, timeoutMs: number, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = netConnect({ host: target.address, port: target.port, noDelay: true });
    const settle = (error: Error | undefined) => {
      clearTimeout(timer);
      signal.removeEventListener("abort", onAbort);
      socket.off("error", settle);
      if (error === undefined) return resolve(socket);
      socket.destroy();
      reject(error);
    };
    const onAbort = () => settle(new Error("aborted"));
    const timer = setTimeout(() => {
      settle(Object.assign(new Error("no connection in time"), { code: "ETIMEDOUT" }));
    }, timeoutMs);
    socket.on("error", settle);
    socket.once("connect", () => settle(undefined));
    signal.addEventListener("abort", onAbort, { once: true });
  });
}

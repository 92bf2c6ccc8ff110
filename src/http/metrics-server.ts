import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Logger } from "../lib/logger.ts";
import type { TrafficSource } from "../routing/traffic-source.ts";
import { prometheusText, prometheusType } from "./prometheus.ts";

// What the router counts is nobody's business but the machine's.
const host = "127.0.0.1";

export interface MetricsServerOptions {
  readonly port: number;
  readonly traffic: TrafficSource;
  readonly logger: Logger;
}

export function createMetricsServer(options: MetricsServerOptions): MetricsServer {
  return new MetricsServer(options);
}

/** Answers `GET /metrics` for Prometheus. */
export class MetricsServer {
  readonly #options: MetricsServerOptions;
  readonly #server: Server;

  constructor(options: MetricsServerOptions) {
    this.#options = options;
    this.#server = createServer({ requestTimeout: 10_000, headersTimeout: 10_000 }, (request, response) => {
      this.#answer(request, response).catch((error: unknown) => {
        options.logger.error({ err: error }, "metrics could not be told");
        response.destroy();
      });
    });
    this.#server.maxConnections = 64;
  }

  /** Resolves with the port. Rejects with the system's error where that is taken. */
  start(): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#server.once("error", reject);
      this.#server.listen({ host, port: this.#options.port }, () => {
        this.#server.off("error", reject);
        this.#server.on("error", (error) => this.#options.logger.error({ err: error }, "metrics port failed"));
        resolve((this.#server.address() as AddressInfo).port);
      });
    });
  }

  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = (request.url ?? "").split("?")[0];
    if (path !== "/metrics") return void response.writeHead(404).end("See /metrics\n");
    if (request.method !== "GET" && request.method !== "HEAD") {
      return void response.writeHead(405, { allow: "GET, HEAD" }).end();
    }
    const text = prometheusText(await this.#options.traffic.snapshot());
    response.writeHead(200, { "content-type": prometheusType, "content-length": Buffer.byteLength(text) });
    response.end(request.method === "HEAD" ? undefined : text);
  }
}

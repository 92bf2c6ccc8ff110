import { join } from "node:path";
import pino from "pino";
import { pathsBelow } from "../../src/config/paths.ts";
import type { AppRoutes } from "../../src/model/route.ts";
import { createRouteServer } from "../../src/routing/route-server.ts";
import { createSupervisor } from "../../src/routing/supervisor.ts";

/** The daemon's routing in a process of its own, to be killed. Says so when its worker is ready. */
const { root, port, apps } = JSON.parse(process.argv[2] ?? "") as { root: string; port: number; apps: AppRoutes[] };
const paths = pathsBelow(root);
const logger = pino({ level: "silent" });
const server = createRouteServer({
  socketPath: paths.routesSocket,
  snapshot: paths.routesSnapshot,
  acknowledgeTimeoutMs: 3_000,
  logger,
});
await server.start();
const supervisor = createSupervisor({
  workers: 1,
  server,
  graceMs: 5_000,
  logger,
  program: [process.execPath, join(import.meta.dirname, "router-entry.ts")],
  root,
  http: { port, host: "127.0.0.1" },
  httpsPort: undefined,
  options: [],
  logFile: paths.routerLog,
  compileCache: join(root, "tmp", "compile-cache"),
});
await supervisor.start();
await server.replace(apps);
await supervisor.ready;
process.stdout.write("ready\n");

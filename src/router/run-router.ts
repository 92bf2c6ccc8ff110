import { parseWorkerArguments } from "./arguments.ts";
import { defaultLimits } from "./options.ts";
import { runWorker } from "./worker.ts";

/** Where a worker finds its files below the root: the part of `config/paths` that it needs. */
export interface RouterPaths {
  readonly routesSocket: string;
  readonly routesSnapshot: string;
  readonly routerLog: string;
  readonly accessLogs: string;
  readonly errorPages: string;
  readonly scratch: string;
  routerPid(worker: number): string;
}

/** `berth router ...`: one worker process, started by the daemon's supervisor. Resolves with the exit code. */
export async function runRouter(args: readonly string[], pathsBelow: (root: string) => RouterPaths): Promise<number> {
  // All that counts was done by loading this file: its code is in node's compile cache now.
  if (args[0] === "--warm-up") return 0;
  const { root, worker, http, https, fingerprint, accessLog, proxyProtocol } = parseWorkerArguments(args);
  const paths = pathsBelow(root);
  const exitCode = await runWorker({
    worker,
    http,
    https,
    fingerprint,
    routesSocket: paths.routesSocket,
    snapshot: paths.routesSnapshot,
    pidFile: paths.routerPid(worker),
    log: paths.routerLog,
    accessLog: accessLog ?? { folder: paths.accessLogs },
    errorPages: paths.errorPages,
    scratch: paths.scratch,
    limits: defaultLimits,
    proxyProtocol,
  });
  // Nothing is open any more, or something that should not be: it must not keep the process, and its ports.
  setTimeout(() => process.exit(exitCode), 2_000).unref();
  return exitCode;
}

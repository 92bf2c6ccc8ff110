import { join } from "node:path";

/** Every path that Berth uses on disk, below one root. */
export function pathsBelow(root: string) {
  return {
    root,
    configFile: join(root, "berth.yml"),
    /** Random id of this Berth: tells its containers from those of other daemons on the same engine. */
    instanceId: join(root, "instance-id"),
    database: join(root, "berth.db"),
    /** Identity and generation of the database, outside of it: see model/stamp.ts. */
    generation: join(root, "generation"),
    hostKeys: join(root, "ssh"),
    /** Passwords, deploy key and known hosts for other git servers. */
    gitCredentials: join(root, "git"),
    /** Keys of accounts at certificate authorities. */
    acme: join(root, "acme"),
    repositories: join(root, "repositories"),
    /** Other people's buildpacks, as they were fetched. */
    buildpacks: join(root, "buildpacks"),
    /** Sockets and pid files: worth nothing after a reboot. */
    run: join(root, "run"),
    /** Takes pushes in place of the deploy, where the operator has put it there. */
    receiver: join(root, "hooks", "receiver"),
    daemonLock: join(root, "run", "daemon.pid"),
    /** The local CLI talks to the daemon here. */
    commandSocket: join(root, "run", "command.sock"),
    /** Router workers get the route table here. */
    routesSocket: join(root, "run", "routes.sock"),
    routerPid: (worker: number) => join(root, "run", `router-${worker}.pid`),
    /** What the workers have to say of themselves. */
    routerLog: join(root, "router.log"),
    /** What was asked of each app, and what it answered: `APP.log`. */
    accessLogs: join(root, "access-logs"),
    /** Pages that users made for the router's errors, each named by its contents. */
    errorPages: join(root, "error-pages"),
    /** The last table, for a router that starts without a daemon. */
    routesSnapshot: join(root, "routes.json"),
    /** What the router's workers have counted: sums that outlive them and the daemon. */
    trafficTotals: join(root, "traffic.json"),
    scratch: join(root, "tmp"),
    /** Node's: programs start faster and smaller from it. */
    compileCache: join(root, "compile-cache"),
  } as const;
}

export type Paths = ReturnType<typeof pathsBelow>;

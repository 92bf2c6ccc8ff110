import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import type { Paths } from "../config/paths.ts";
import type { Settings } from "../config/schema.ts";
import type { DockerEngine } from "../docker/engine.ts";
import { labels } from "../docker/labels.ts";
import { type BerthNetwork, bridgeOf } from "../docker/network.ts";
import { Firewall } from "../firewall/firewall.ts";
import { KnownNames, openResolvers, openServers, serversIn } from "../firewall/openings.ts";
import type { FirewallPlan } from "../firewall/rules.ts";
import type { Kept } from "../lib/kept.ts";
import type { Logger } from "../lib/logger.ts";
import { type BuildGuard, engineBridge } from "./guard-builds.ts";

interface FirewallParts {
  readonly settings: Settings;
  readonly engine: DockerEngine;
  readonly instance: string;
  /** Changes in place when it is made anew. */
  readonly network: BerthNetwork;
  readonly routerPorts: readonly number[];
  readonly guard: BuildGuard;
  readonly logger: Logger;
}

export function createFirewall(parts: FirewallParts): Firewall {
  const { settings, engine, instance, network, routerPorts, guard, logger } = parts;
  const servers = serversIn(mirrorsIn(settings));
  const names = new KnownNames();
  const plan = async (): Promise<FirewallPlan | undefined> => {
    const access = settings.dynoHostAccess;
    if (access === "all") return undefined;
    const networks = await engine.networks.list({ [labels.instance]: instance });
    const openings = [...access, ...(await openResolvers()), ...(await openServers(servers, names))];
    const shared = guard.isBuilding ? await engineBridge(engine) : undefined;
    const bridges = [...networks.map(({ id }) => bridgeOf(id)).sort(), ...(shared ? [shared.name] : [])];
    return { instance, bridges, gateway: network.gateway, routerPorts, openings, exempt: shared?.containers ?? [] };
  };
  return new Firewall({ instance, plan, logger });
}

/** Where builds get packages from may be a server on this machine. */
function mirrorsIn(settings: Settings): (string | undefined)[] {
  const { npmRegistry, pypiIndex, goProxy, goSumdb, mavenMirror, cratesIndex, rubygemsMirror } = settings;
  const { packagistMirror, aptMirror, gitMirrors = [], httpProxy, httpsProxy } = settings;
  return [
    ...[npmRegistry, pypiIndex, goProxy, goSumdb, mavenMirror, cratesIndex, rubygemsMirror, packagistMirror, aptMirror],
    ...[httpProxy, httpsProxy],
    ...gitMirrors.map(({ to }) => to),
  ];
}

/** The file by which others know that a daemon runs here, and which. */
export function keptPid({ daemonLock }: Paths): Kept {
  const text = `${process.pid}\n`;
  return {
    check: async () => {
      const found = await readFile(daemonLock, "utf8").catch(() => undefined);
      return found === text ? undefined : "is missing or names another process";
    },
    make: async () => {
      await mkdir(dirname(daemonLock), { recursive: true });
      await writeFile(daemonLock, text);
    },
  };
}

import { access, constants } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { defaultRoot } from "./environment.ts";
import { loadSettings } from "./load.ts";
import { pathsBelow } from "./paths.ts";
import type { Settings } from "./schema.ts";

/**
 * The settings of this host for a command that works beside the daemon or without one, for any user: the daemon's own file
 * counts where it may be read.
 */
export async function loadLocalSettings(
  root: string | undefined,
  environment: NodeJS.ProcessEnv = process.env,
): Promise<Settings> {
  const flags = root === undefined ? [] : ["--root", root];
  const file = pathsBelow(root ?? (environment.BERTH_ROOT || defaultRoot)).configFile;
  const isReadable = await access(file, constants.R_OK).then(
    () => true,
    () => false,
  );
  if (!isReadable && !environment.BERTH_CONFIG) flags.push("--config", "/dev/null");
  const socket = unixSocket(environment.DOCKER_HOST);
  const known = socket === undefined ? {} : { BERTH_DOCKER_SOCKET: socket };
  return await loadSettings(flags, { ...known, ...environment });
}

/** Where the docker client would go too. Builds hand over files of this host: another one's engine cannot be meant. */
function unixSocket(dockerHost: string | undefined): string | undefined {
  return dockerHost?.startsWith("unix://") ? dockerHost.slice("unix://".length) : undefined;
}

/** Folder for what may be lost at any time (XDG Base Directory Specification). */
export function cacheFolder(environment: NodeJS.ProcessEnv = process.env): string {
  if (environment.XDG_CACHE_HOME?.startsWith("/")) return join(environment.XDG_CACHE_HOME, "berth");
  if (environment.HOME?.startsWith("/")) return join(environment.HOME, ".cache", "berth");
  return join(tmpdir(), `berth-${userInfo().uid}`);
}

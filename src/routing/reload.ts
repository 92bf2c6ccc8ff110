import { isDeepStrictEqual } from "node:util";
import type { Logger } from "../lib/logger.ts";
import { proxiesEntry } from "./proxies-entry.ts";
import type { RoutePublisher } from "./publisher.ts";

/** The settings as they are read; one of them takes effect without a restart. */
export interface ReloadedSettings {
  readonly trustedProxies: string | undefined;
}

export interface ReloadOptions<T extends ReloadedSettings> {
  /** Those in force. */
  readonly settings: T;
  /** Reads them again. Rejects when they are wrong. */
  readonly reload: () => Promise<T>;
  readonly publisher: Pick<RoutePublisher, "put">;
  readonly logger: Pick<Logger, "info" | "warn" | "error">;
}

/** Reads the settings again on SIGHUP, one time after the other. Returns what ends that. */
export function reloadOnHangup<T extends ReloadedSettings>(options: ReloadOptions<T>): () => void {
  let last = Promise.resolve();
  const onHangup = () => {
    last = last.then(() => reloadSettings(options));
  };
  if (!process.stderr.isTTY) process.on("SIGHUP", onHangup);
  return () => process.off("SIGHUP", onHangup);
}

/** Puts the new `trusted-proxies` in force, and names in the log what needs a restart. Settings that are wrong change nothing. */
export async function reloadSettings<T extends ReloadedSettings>(options: ReloadOptions<T>): Promise<void> {
  const { settings, reload, publisher, logger } = options;
  try {
    const now = await reload();
    await publisher.put([proxiesEntry(now.trustedProxies)]);
    logger.info({ trustedProxies: now.trustedProxies ?? "" }, "settings were read again");
    const changed = changedNames(settings, now);
    if (changed.length > 0) logger.warn({ settings: changed }, "changed settings need a restart");
  } catch (error) {
    logger.error({ err: error }, "settings cannot be read, going on with the present ones");
  }
}

function changedNames<T extends ReloadedSettings>(before: T, now: T): string[] {
  const names = Object.keys(now) as (keyof T & string)[];
  return names.filter((name) => name !== "trustedProxies" && !isDeepStrictEqual(before[name], now[name]));
}

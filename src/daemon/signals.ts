import type { Logger } from "../lib/logger.ts";

export function toldToStop(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    process.once("SIGTERM", resolve);
    process.once("SIGINT", resolve);
    // Of a daemon in the foreground, the terminal is gone. Without one, it means to read the settings again: they are new now.
    process.on("SIGHUP", process.stderr.isTTY ? resolve : () => undefined);
  });
}

/** What nobody caught is a bug of ours; one request's bug must not take everybody's pushes with it. */
export function surviveBugs(logger: Logger): void {
  process.on("uncaughtException", (error) => logger.error({ err: error }, "bug: uncaught exception"));
  process.on("unhandledRejection", (error) => logger.error({ err: error }, "bug: unhandled rejection"));
}

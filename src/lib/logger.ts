import pino from "pino";

/** Structured log: a constant message with fields. Handed down from daemon.ts, never imported as a global. */
export type Logger = pino.Logger;

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

/**
 * JSON lines on standard error; `pretty` for people. Written synchronously: the line before a crash is the one that counts,
 * and a worker thread for it would cost more memory than the rest of the logger.
 */
export async function createLogger(level: LogLevel, pretty: boolean): Promise<Logger> {
  if (pretty) {
    const { default: prettyStream } = await import("pino-pretty");
    return pino({ level }, prettyStream({ destination: 2, sync: true, ignore: "pid,hostname" }));
  }
  return pino({ level, base: { pid: process.pid } }, pino.destination({ dest: 2, sync: true }));
}

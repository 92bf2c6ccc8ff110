import type { LineSink } from "./log-file.ts";

/** The part of a logger that the router uses. Our own, because pino costs a worker 8 MB. */
export interface WorkerLog {
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** JSON lines with pino's field names. */
export function workerLog(sink: LineSink, worker: number): WorkerLog {
  const write = (level: number) => (fields: object, message: string) => {
    sink.write(JSON.stringify({ level, time: Date.now(), pid: process.pid, worker, ...plain(fields), msg: message }));
  };
  return { info: write(30), warn: write(40), error: write(50) };
}

function plain(fields: object): object {
  const { err, ...rest } = fields as { err?: unknown };
  if (err === undefined) return rest;
  if (!(err instanceof Error)) return { ...rest, err: String(err) };
  return {
    ...rest,
    err: { type: err.name, message: err.message, code: (err as NodeJS.ErrnoException).code, stack: err.stack },
  };
}

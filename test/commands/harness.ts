import { PassThrough, Readable, Writable } from "node:stream";
import pino from "pino";
import { createExecute } from "../../src/commands/execute.ts";
import type { Session } from "../../src/commands/session.ts";
import { appMissing } from "../../src/model/errors.ts";
import type { Release } from "../../src/model/release.ts";
import type { Operations } from "../../src/operations/operations.ts";

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output and error as a terminal shows them. */
  readonly both: string;
  readonly logged: string;
}

/** Runs command lines in process on top of these operations; one that is not given must not be called. */
export function commandLine(operations: Partial<Operations>) {
  return async (
    words: readonly string[],
    session: Partial<Session> & { input?: string | Uint8Array } = {},
  ): Promise<Ran> => {
    const seen = { stdout: "", stderr: "", both: "", logged: "" };
    const into = (name: "stdout" | "stderr") =>
      new Writable({
        write: (chunk, _, done) => {
          seen[name] += String(chunk);
          seen.both += String(chunk);
          done();
        },
      });
    const log = new Writable({
      write: (chunk, _, done) => {
        seen.logged += String(chunk);
        done();
      },
    });
    const { input, ...given } = session;
    const execute = createExecute({ operations: strict(operations), logger: pino({}, log), version: "1.2.3" });
    const code = await execute(words, {
      actor: "ann",
      local: false,
      stdin: input === undefined ? new PassThrough() : Readable.from([Buffer.from(input)]),
      stdout: into("stdout"),
      stderr: into("stderr"),
      terminal: undefined,
      signal: new AbortController().signal,
      ...given,
    });
    return { code, ...seen };
  };
}

/** Operations of a host with one app, `shop`, that answer what a missing app must be answered with. */
export function requireApp(...apps: string[]): Operations["requireApp"] {
  return async ({ app }) => {
    if (!apps.includes(app)) throw appMissing(app);
    return { id: `id-${app}`, name: app, createdAt: 1_700_000_000_123, currentReleaseId: undefined, stopped: false };
  };
}

function strict(operations: Partial<Operations>): Operations {
  return new Proxy(operations, {
    get: (target, name) => {
      const found: unknown = Reflect.get(target, name);
      if (found === undefined) throw new Error(`operations.${String(name)} was not expected to be called`);
      return found;
    },
  }) as Operations;
}

/** A release with what the test is about. */
export function release(given: Partial<Release> = {}): Release {
  const version = given.version ?? 1;
  return {
    id: `release-${version}`,
    appId: "id-shop",
    version,
    image: `berth-test/shop:${version}`,
    config: { SECRET: "hunter2" },
    processTypes: { web: "node server.js" },
    commit: "1".repeat(40),
    buildId: `build-${version}`,
    description: "Deploy 1111111",
    createdBy: "ann",
    createdAt: Date.UTC(2026, 10, 21, 7, 45, 12),
    ...given,
  };
}

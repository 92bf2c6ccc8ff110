import { messageOf, UserError } from "../../model/errors.ts";
import { StoreConflict } from "../store.ts";

// https://www.sqlite.org/rescode.html; the low byte of an extended code is its primary one.
const codes = { busy: 5, readonly: 8, ioError: 10, corrupt: 11, full: 13, cannotOpen: 14, notDatabase: 26 } as const;
const uniquenessCodes: readonly number[] = [1555, 2067];

/** Column of a uniqueness rule -> its name in StoreConflict. */
const rules: Readonly<Record<string, string>> = {
  "apps.name": "app name",
  "keys.name": "key name",
  "keys.fingerprint": "key fingerprint",
  "domains.domain": "domain",
  "routes.domain": "route",
};

/** What a caller is to see of an error in a statement or transaction. */
export function translateStatementError(error: unknown): unknown {
  if (((codeOf(error) ?? 0) & 0xff) === codes.full) {
    return new UserError("disk-full", "The disk with Berth's state is full: nothing was changed", {
      hint: "Make room on it and try again",
      cause: error,
    });
  }
  if (!uniquenessCodes.includes(codeOf(error) ?? 0)) return error;
  const column = /^UNIQUE constraint failed: (\S+)$/.exec(messageOf(error))?.[1];
  const what = column === undefined ? undefined : rules[column];
  return what === undefined ? error : new StoreConflict(what);
}

/** What a person is to see of an error while the database is opened. */
export function translateOpenError(error: unknown, path: string): unknown {
  const code = codeOf(error);
  if (code === undefined) return isFileError(error) ? unusable(path, messageOf(error), error) : error;
  switch (code & 0xff) {
    case codes.corrupt:
    case codes.notDatabase:
      return damaged(path, messageOf(error), error);
    case codes.busy:
      return new UserError("store-busy", `Database ${path} is in use by another program`, { cause: error });
    case codes.readonly:
    case codes.ioError:
    case codes.full:
    case codes.cannotOpen:
      return unusable(path, messageOf(error), error);
    default:
      return error;
  }
}

export function damaged(path: string, reason: string, cause?: unknown): UserError {
  return new UserError("store-damaged", `Database ${path} is damaged: ${reason}`, {
    hint: "Put a backup in place of it and of its -wal and -shm neighbours: Berth leaves all three as they are",
    cause,
  });
}

export function unusable(path: string, reason: string, cause?: unknown): UserError {
  return new UserError("store-unusable", `Database ${path} cannot be used: ${reason}`, {
    hint: "It must be in a writable folder on a local disk, belong to the user that runs Berth, and have room to grow",
    cause,
  });
}

function codeOf(error: unknown): number | undefined {
  return error instanceof Error && "errcode" in error && typeof error.errcode === "number" ? error.errcode : undefined;
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && "syscall" in error;
}

import { messageOf, UserError } from "../model/errors.ts";
import { EngineSilence } from "./time-limit.ts";

/** What the engine answered other than success. */
export class EngineError extends Error {
  override readonly name = "EngineError";
  /** HTTP status; undefined where the connection broke. */
  readonly status: number | undefined;

  constructor(message: string, status: number | undefined, cause: unknown) {
    super(message, { cause });
    this.status = status;
  }
}

export function hasStatus(error: unknown, ...statuses: number[]): boolean {
  return error instanceof EngineError && error.status !== undefined && statuses.includes(error.status);
}

/** The error to throw for what a call to the engine on this socket threw. */
export function translate(error: unknown, socketPath: string): Error {
  if (error instanceof UserError || error instanceof EngineError) return error;
  const { cause } = error as { cause?: unknown };
  // Who ended the call has said why.
  if (cause instanceof UserError) return cause;
  const silence = [error, cause].find((one) => one instanceof EngineSilence);
  if (silence !== undefined) return silent(silence, socketPath);
  const { code, statusCode, json } = error as { code?: string; statusCode?: number; json?: { message?: unknown } };
  const unreachable = code === undefined ? undefined : reasons[code];
  if (unreachable !== undefined && statusCode === undefined) {
    return new UserError(
      "engine-unreachable",
      `Cannot reach the Docker engine at ${socketPath}: ${unreachable.reason}`,
      {
        hint: unreachable.hint,
        cause: error,
      },
    );
  }
  const told = typeof json?.message === "string" ? json.message : messageOf(error).trim();
  if (/no space left on device/i.test(told)) {
    return new UserError("disk-full", "The disk that the Docker engine uses is full", {
      hint: "Make room on it, for example with 'docker image prune', and try again",
      cause: error,
    });
  }
  return new EngineError(told, statusCode, error);
}

function silent({ afterMs }: EngineSilence, socketPath: string): UserError {
  return new UserError(
    "engine-silent",
    `The Docker engine at ${socketPath} takes calls but does not answer: not within ${Math.round(afterMs / 1000)} seconds`,
    {
      hint: "See what it is at (journalctl -u docker). Restarting it ends what runs in it, unless it has live-restore",
    },
  );
}

const running = "See that the engine runs (systemctl status docker) and that docker.socket names its socket";
const reasons: Readonly<Record<string, { reason: string; hint: string }>> = {
  ENOENT: { reason: "there is no such socket", hint: running },
  ECONNREFUSED: { reason: "nothing listens there", hint: running },
  ENOTSOCK: { reason: "it is not a socket", hint: running },
  EACCES: {
    reason: "permission denied",
    hint: "Add the user that runs Berth to the group docker (usermod -aG docker USER) and start Berth again",
  },
};

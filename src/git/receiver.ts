import { access, constants, stat } from "node:fs/promises";
import { Writable } from "node:stream";
import { StringDecoder } from "node:string_decoder";
import type { Source } from "../builders/builder.ts";
import { ExecError, exec } from "../lib/exec.ts";
import { UserError } from "../model/errors.ts";

export interface Receipt {
  readonly app: string;
  readonly source: Source;
  /** Name of the key. */
  readonly actor: string;
  /** `SHA256:...` */
  readonly fingerprint: string;
}

export interface Receiver {
  /** Whether the operator has put a program there that takes pushes in place of the deploy. */
  present(): Promise<boolean>;
  /** Throws `receiver-failed` where the program ends with another exit code than 0, or cannot be run. */
  run(receipt: Receipt, write: (text: string) => void, signal: AbortSignal): Promise<void>;
}

/**
 * The contract is gitreceive's: `REPO REV USER FINGERPRINT` as arguments, the commit's files as a tar on standard input, what
 * it prints goes to the pusher, and its exit code decides whether the push is taken.
 */
export function createReceiver(path: string, environment: Readonly<Record<string, string>>): Receiver {
  return {
    present: async () => (await stat(path).catch(() => undefined))?.isFile() === true,
    run: async ({ app, source, actor, fingerprint }, write, signal) => {
      await requireExecutable(path);
      const stdin = await source.tar();
      try {
        const args = [app, source.commit, actor, fingerprint];
        await exec(path, args, { env: environment, stdin, stdout: textTo(write), stderr: textTo(write), signal });
      } catch (error) {
        if (!(error instanceof ExecError)) throw error;
        throw refusal(error, path);
      } finally {
        stdin.destroy();
      }
    },
  };
}

function textTo(write: (text: string) => void): Writable {
  // A letter may come in two pieces.
  const decoder = new StringDecoder("utf8");
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      write(decoder.write(chunk));
      done();
    },
  });
}

function refusal(cause: ExecError, path: string): UserError {
  const { exitCode } = cause;
  if (exitCode !== undefined) {
    const message = `The receiver of this host refused the push: it ended with exit code ${exitCode}`;
    return new UserError("receiver-failed", message, { cause });
  }
  // The error of a program begins with its path.
  const how = cause.message.startsWith(`${path} `) ? cause.message.slice(path.length + 1) : cause.message;
  return new UserError("receiver-failed", `The receiver of this host failed: it ${how}`, {
    hint: `Ask the host's operator to look at ${path}`,
    cause,
  });
}

async function requireExecutable(path: string): Promise<void> {
  try {
    await access(path, constants.X_OK);
  } catch (error) {
    throw new UserError("receiver-failed", "The receiver of this host cannot be run: it is not executable", {
      hint: `Ask the host's operator to type: chmod +x ${path}`,
      cause: error,
    });
  }
}

import type { AuthContext, Connection, PublicKeyAuthContext } from "ssh2";
import type { Logger } from "../lib/logger.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { fingerprintOf, type KeyBlob, readKeyBlob } from "../model/public-key.ts";
import { verifySignature } from "./verify-signature.ts";

/** Whose key this is, told by its `SHA256:` fingerprint; undefined for a key that may not log in. */
export type Authenticate = (
  fingerprint: string,
) => { readonly name: string } | undefined | Promise<{ readonly name: string } | undefined>;

export interface Login {
  readonly name: string;
  readonly fingerprint: string;
}

// A stranger chooses it, and may send 35,000 bytes of it.
const longestLoggedUser = 64;

/** Login attempts of one connection, for the log line that tools such as fail2ban count. */
export class LoginAttempts {
  /** Undefined until the client asked for something. */
  user: string | undefined;
  failures = 0;
  #outcome: "open" | "in" | "ended" = "open";
  #reason = "the client went away";
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  succeeded(): void {
    this.#outcome = "in";
  }

  /** Why the connection is about to be closed. */
  givenUp(reason: string): void {
    this.#reason = reason;
  }

  /** The connection is closed. Port scans and health checks, which say nothing and go away, are left to `debug`. */
  ended(): void {
    if (this.#outcome !== "open") return;
    this.#outcome = "ended";
    const { user, failures } = this;
    const fields = { user, keys: failures, reason: this.#reason };
    if (user === undefined && this.#reason === "the client went away") this.#logger.debug(fields, "ssh login missing");
    else this.#logger.info(fields, "ssh login failed");
  }
}

/**
 * Lets in who proves to have an accepted key, under any user name, and ends a connection that offers too many others.
 * The key is looked up by its hash, so how long the answer takes tells nothing about the keys there are.
 */
export function handleLogin(
  connection: Connection,
  options: {
    authenticate: Authenticate;
    /** Keys that may be offered in vain. */
    most: number;
    attempts: LoginAttempts;
    logger: Logger;
    onLogin: (login: Login) => void;
    /** Closes the connection with a word to the client. */
    hangUp: (reason: string) => void;
  },
): void {
  const { attempts } = options;
  const decide = async (context: AuthContext): Promise<void> => {
    attempts.user = context.username.slice(0, longestLoggedUser);
    // Every client asks with `none` which methods there are.
    if (context.method === "none") return context.reject(["publickey"]);
    const login = context.method === "publickey" ? await check(context, options.authenticate) : undefined;
    if (login !== undefined) {
      if (isSigned(context)) options.onLogin(login);
      return context.accept();
    }
    attempts.failures += 1;
    if (attempts.failures < options.most) return context.reject(["publickey"]);
    attempts.givenUp("too many keys");
    // What sshd says: people and tools look for these words.
    options.hangUp("Too many authentication failures");
  };
  connection.on("authentication", (context) => {
    decide(context).catch((error: unknown) => {
      options.logger.error({ err: error }, "ssh login could not be checked");
      connection.end();
    });
  });
}

function isSigned(context: AuthContext): boolean {
  return context.method === "publickey" && context.signature !== undefined;
}

async function check(context: PublicKeyAuthContext, authenticate: Authenticate): Promise<Login | undefined> {
  // ssh2 may use the packet's memory again while we wait.
  const data = Buffer.from(context.key.data);
  const signature = context.signature && Buffer.from(context.signature);
  const signed = context.blob && Buffer.from(context.blob);
  const blob = readBlob(data);
  if (blob === undefined || blob.type !== context.key.algo) return undefined;
  const fingerprint = fingerprintOf(data);
  const key = await authenticate(fingerprint);
  if (key === undefined) return undefined;
  if (signature === undefined) {
    // ssh2 tells `ssh-rsa` apart only by its missing hash: SHA-1, which is not accepted, so not to be invited either.
    const acceptable = blob.type !== "ssh-rsa" || context.hashAlgo !== undefined;
    return acceptable ? { name: key.name, fingerprint } : undefined;
  }
  if (signed === undefined || !holds(blob, { signature, signed, hash: context.hashAlgo })) return undefined;
  return { name: key.name, fingerprint };
}

function readBlob(data: Buffer): KeyBlob | undefined {
  try {
    return readKeyBlob(data);
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

function holds(blob: KeyBlob, offered: Parameters<typeof verifySignature>[1]): boolean {
  try {
    return verifySignature(blob, offered);
  } catch (error) {
    // OpenSSL throws at some malformed signatures instead of saying that they do not fit.
    if (/asn1|encoding|signature/i.test(messageOf(error))) return false;
    throw error;
  }
}

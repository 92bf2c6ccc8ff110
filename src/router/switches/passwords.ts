import { createHash, createHmac, randomBytes } from "node:crypto";
import { isPassword } from "../../lib/password-hash.ts";
import type { Slots } from "../../lib/slots.ts";

// A check takes 50 ms of a core and 16 MB. Further ones wait, so that strangers who guess do not take the whole host.
export const passwordChecksAtOnce = 2;
const waitingLimit = 64;
const keptAnswers = 1_000;

// Equal credentials are found by this and not by themselves: what is kept is worth nothing to others.
const secret = randomBytes(32);

const unknownUser = `$scrypt$${"A".repeat(22)}$${createHash("sha256").update(secret).digest("base64url")}`;

export type PasswordAnswer = "right" | "wrong" | "busy";

/** Who may come in by HTTP's basic authentication (RFC 7617). What was right once is not checked again. */
export class Passwords {
  readonly #users: ReadonlyMap<string, string>;
  readonly #slots: Slots;
  readonly #right = new Set<string>();
  readonly #checks = new Map<string, Promise<PasswordAnswer>>();

  /** `slots`: shared by all apps of a worker. */
  constructor(users: Readonly<Record<string, string>>, slots: Slots) {
    this.#slots = slots;
    this.#users = new Map(Object.entries(users));
  }

  /** At once where it is known; `authorization` is the header's value. */
  check(authorization: string | undefined): PasswordAnswer | Promise<PasswordAnswer> {
    const [, encoded] = /^basic +([A-Za-z0-9+/=_-]+) *$/i.exec(authorization ?? "") ?? [];
    if (encoded === undefined) return "wrong";
    const key = createHmac("sha256", secret).update(encoded).digest("base64");
    if (this.#right.has(key)) return "right";
    const running = this.#checks.get(key);
    if (running !== undefined) return running;
    if (this.#checks.size >= waitingLimit) return "busy";
    const check = this.#compare(encoded, key).finally(() => this.#checks.delete(key));
    this.#checks.set(key, check);
    return check;
  }

  async #compare(encoded: string, key: string): Promise<PasswordAnswer> {
    const text = Buffer.from(encoded, "base64").toString("utf8");
    const colon = text.indexOf(":");
    // For a name that is not known too: how long it takes does not tell which ones are.
    const hash = this.#users.get(text.slice(0, Math.max(colon, 0))) ?? unknownUser;
    if (!(await this.#slots.use(new AbortController().signal, () => isPassword(text.slice(colon + 1), hash))))
      return "wrong";
    if (this.#right.size >= keptAnswers) this.#right.clear();
    this.#right.add(key);
    return "right";
  }
}

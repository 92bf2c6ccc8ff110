import type { KeyObject } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { UserError } from "../../model/errors.ts";
import { type Answer, type Sent, send } from "./http.ts";
import { signMessage } from "./jws.ts";
import { isProblem, problemOf, refusal, retryAfter } from "./problem.ts";

interface Directory {
  readonly newNonce: string;
  readonly newAccount: string;
  readonly newOrder: string;
}

// Each costs the authority next to nothing; to begin the whole order anew costs one of the few that are allowed.
const nonceAttempts = 10;
const firstPollMs = 500;
const lastPollMs = 10_000;
const pollLimitMs = 5 * 60_000;

export interface ClientOptions {
  readonly directory: string;
  readonly roots: string | undefined;
  readonly key: KeyObject;
  readonly now: () => number;
  readonly signal: AbortSignal;
}

/** One account at one authority, RFC 8555. */
export class AcmeClient {
  readonly #options: ClientOptions;
  #directory: Directory | undefined;
  #account: string | undefined;
  #nonce: string | undefined;

  constructor(options: ClientOptions) {
    this.#options = options;
  }

  /** Makes the account, or finds the one of this key. */
  async open(email: string | undefined): Promise<void> {
    const { directory } = this.#options;
    const answer = await this.#send(directory, { method: "GET" });
    if (answer.status !== 200) throw refusal(`The directory ${directory}`, answer, this.#options.now());
    this.#directory = parse<Directory>(answer, directory);
    const contact = email === undefined ? {} : { contact: [`mailto:${email}`] };
    const account = await this.post(this.#directory.newAccount, "The account", {
      termsOfServiceAgreed: true,
      ...contact,
    });
    this.#account = account.headers.location;
  }

  get newOrder(): string {
    return this.#directory?.newOrder ?? "";
  }

  /** `what` names it in errors. Without a payload it reads. Throws `refusal`. */
  async post(url: string, what: string, payload?: object): Promise<Answer> {
    for (let attempt = 1; ; attempt++) {
      const nonce = this.#nonce ?? (await this.#newNonce());
      const header = { nonce, url, kid: this.#account };
      const answer = await this.#send(url, { method: "POST", body: signMessage(this.#options.key, header, payload) });
      if (answer.status < 400) return answer;
      if (attempt === nonceAttempts || !isProblem(problemOf(answer), "badNonce")) {
        throw refusal(what, answer, this.#options.now());
      }
    }
  }

  /** Reads until it is done, as often as the authority wants. */
  async poll<T>(url: string, what: string, isDone: (resource: T) => boolean): Promise<T> {
    const { now, signal } = this.#options;
    const deadline = now() + pollLimitMs;
    for (let waitMs = firstPollMs; ; waitMs = Math.min(waitMs * 2, lastPollMs)) {
      const answer = await this.post(url, what);
      const resource = parse<T>(answer, url);
      if (isDone(resource)) return resource;
      if (now() > deadline) {
        throw new UserError("acme-slow", `${what}: the authority did not come to an end`, {
          hint: "It is tried again",
        });
      }
      const wanted = (retryAfter(answer, now()) ?? 0) - now();
      await delay(Math.min(Math.max(wanted, waitMs), 60_000), undefined, { signal });
    }
  }

  async #newNonce(): Promise<string> {
    const answer = await this.#send(this.#directory?.newNonce ?? "", { method: "HEAD" });
    const nonce = answer.headers["replay-nonce"];
    if (typeof nonce !== "string") throw refusal("A nonce", answer, this.#options.now());
    return nonce;
  }

  async #send(url: string, message: Pick<Sent, "method" | "body">): Promise<Answer> {
    const { roots, signal, directory } = this.#options;
    // Each is good for one message.
    this.#nonce = undefined;
    try {
      const answer = await send(url, { ...message, roots, signal });
      const nonce = answer.headers["replay-nonce"];
      if (typeof nonce === "string" && message.method === "POST") this.#nonce = nonce;
      return answer;
    } catch (error) {
      signal.throwIfAborted();
      throw new UserError(
        "acme-unreachable",
        `The authority at ${directory} cannot be reached: ${withoutAdvice((error as Error).message)}`,
        {
          hint: "Check the address and the network; a private one may need its own root: letsencrypt:set ... ca-file",
          cause: error,
        },
      );
    }
  }
}

/** Node's own, which is for those who start it. */
function withoutAdvice(message: string): string {
  return message.replace(/; if the root CA is installed locally.*$/s, "");
}

export function parse<T>(answer: Answer, url: string): T {
  try {
    return JSON.parse(answer.text) as T;
  } catch {
    throw new UserError("acme-invalid", `${url} does not answer as an ACME server does`, {
      hint: "Give the address of its directory: letsencrypt:set ... server URL",
    });
  }
}

import { AddressList } from "../../lib/address-list.ts";
import type { Switches } from "../../model/switches.ts";
import { type Fault, faults, withHeaders } from "../faults.ts";
import { clientKey } from "./client-key.ts";
import { OpenRequests } from "./open-requests.ts";
import { type PasswordAnswer, Passwords } from "./passwords.ts";
import { RateLimit } from "./rate-limit.ts";
import { type Strategy, strategyOf } from "./strategies.ts";
import type { SwitchContext } from "./switch-context.ts";

const askForPassword = withHeaders(faults.unauthorized, [
  "WWW-Authenticate",
  'Basic realm="Restricted", charset="UTF-8"',
]);

/** What is asked of a request before it reaches an app. */
export interface Visitor {
  readonly clientAddress: string;
  readonly authorization: string | undefined;
  /** As its head says. */
  readonly bodyLength: number | undefined;
}

/** The switches of one app, made when they change: a request looks nothing up. Counters live as long as the settings. */
export class AppSwitches {
  readonly switches: Switches;
  /** Undefined for the default one. */
  readonly strategy: Strategy | undefined;
  readonly #allow: AddressList | undefined;
  readonly #deny: AddressList | undefined;
  readonly #rate: RateLimit | undefined;
  readonly #open: OpenRequests | undefined;
  readonly #passwords: Passwords | undefined;

  /** Throws for switches that cannot be. */
  constructor(switches: Switches, context: SwitchContext) {
    const { allow, deny, rate, openLimit, users, balancing } = switches;
    this.switches = switches;
    this.strategy = balancing && strategyOf(balancing);
    this.#allow = allow && new AddressList(allow);
    this.#deny = deny && new AddressList(deny);
    this.#rate = rate && new RateLimit(rate);
    this.#open = openLimit === undefined ? undefined : new OpenRequests(openLimit);
    this.#passwords = users && new Passwords(users, context.passwordSlots);
  }

  /** Undefined where it may come in: `leave` must follow then, once. */
  enter({ clientAddress, bodyLength }: Visitor): Fault | undefined {
    if (this.#deny?.has(clientAddress) || this.#allow?.has(clientAddress) === false) return faults.addressDenied;
    const { bodyLimit } = this.switches;
    if (bodyLimit !== undefined && bodyLength !== undefined && bodyLength > bodyLimit) return faults.bodyTooLarge;
    if (this.#rate === undefined && this.#open === undefined) return undefined;
    const key = clientKey(clientAddress);
    const waitMs = this.#rate?.take(key, Date.now()) ?? 0;
    if (waitMs > 0) return retryAfter(faults.rateLimited, waitMs);
    return this.#open?.enter(key) === false ? retryAfter(faults.connectionLimit, 1_000) : undefined;
  }

  leave(clientAddress: string): void {
    this.#open?.leave(clientKey(clientAddress));
  }

  /** Undefined where nothing speaks against it; a promise where that is not known yet. */
  authorise({ authorization }: Visitor): Fault | undefined | Promise<Fault | undefined> {
    const answer = this.#passwords?.check(authorization) ?? "right";
    return typeof answer === "string" ? faultOf(answer) : answer.then(faultOf);
  }
}

function faultOf(answer: PasswordAnswer): Fault | undefined {
  if (answer === "right") return undefined;
  return answer === "wrong" ? askForPassword : retryAfter(faults.authenticationBusy, 1_000);
}

export function retryAfter(fault: Fault, ms: number): Fault {
  return withHeaders(fault, ["Retry-After", String(Math.ceil(ms / 1_000))]);
}

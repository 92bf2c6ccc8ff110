/** What an app's owner has switched on at the router. Absent is off; an app without any costs its requests nothing. */
export interface Switches {
  /** In bytes: requests with a longer body are refused. */
  readonly bodyLimit?: number;
  /** In bytes, of the first line of a request and of each header. */
  readonly headerLimit?: number;
  /** Dynos get a request when its whole body is here. */
  readonly bufferRequests?: boolean;
  /** Answers that shrink are compressed, where the app did not. */
  readonly compress?: boolean;
  /** Name -> hash of the password (lib/password-hash). */
  readonly users?: Readonly<Record<string, string>>;
  /** Addresses and networks. Where there is a list, all others are refused. */
  readonly allow?: readonly string[];
  /** Refused, also where they are allowed. */
  readonly deny?: readonly string[];
  /** Of requests, for each client address. */
  readonly rate?: RequestRate;
  /** How many requests and WebSockets a client address may have open. */
  readonly openLimit?: number;
  readonly balancing?: Balancing;
  /** A cookie leads each visitor to the dyno that answered before. */
  readonly sticky?: boolean;
  /** SHA-256, in hex, of what a client sends to be told how its request was routed. */
  readonly debugToken?: string;
  /** Requests wait. */
  readonly pause?: Pause;
}

export interface RequestRate {
  readonly count: number;
  readonly perMs: number;
  /** As many may come at once. */
  readonly burst: number;
}

export interface Pause {
  /** How long each request waits before it is refused. */
  readonly maxMs: number;
  /** How many wait in one worker; further ones are refused at once. */
  readonly limit: number;
}

/** Least connections where it is not said. */
export type Balancing = "round-robin" | "random-two" | "ip-hash";

import type { Traffic } from "../model/traffic.ts";

export interface TrafficSnapshot {
  /** Unix milliseconds. */
  readonly at: number;
  /** By app, over all workers since Berth was installed; under "" requests for hosts that no app answers to. */
  readonly totals: ReadonlyMap<string, Traffic>;
  /** Requests and upgraded connections open on dynos; apps without any are left out. */
  readonly open: ReadonlyMap<string, number>;
  /** Router workers that listen. */
  readonly workers: number;
}

/** What the router's workers have counted. */
export interface TrafficSource {
  /** Asks the workers. One that does not answer is in it with what it told last. */
  snapshot(): Promise<TrafficSnapshot>;
}

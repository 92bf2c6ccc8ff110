/** What the local CLI needs to know of its surroundings, without the cost of reading the whole configuration. */

export interface CallerEnvironment {
  /** BERTH_ROOT, or undefined. */
  readonly root: string | undefined;
  /** Kind of terminal, for programs that run in it. */
  readonly terminalName: string;
}

export function callerEnvironment(): CallerEnvironment {
  return { root: process.env.BERTH_ROOT || undefined, terminalName: process.env.TERM || "dumb" };
}

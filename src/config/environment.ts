/**
 * What the local CLI must know of its surroundings. Apart from the schema, because reading that costs more time than
 * most commands take.
 */
export interface CallerEnvironment {
  /** Folder of the Berth that is meant, where `--root` does not name one. */
  readonly root: string;
  /** Kind of terminal, for programs that run in it. */
  readonly terminalName: string;
}

export const defaultRoot = "/var/lib/berth";

export function callerEnvironment(): CallerEnvironment {
  return { root: process.env.BERTH_ROOT || defaultRoot, terminalName: process.env.TERM || "dumb" };
}

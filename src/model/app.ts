/** An app as the store keeps it. `id` never changes; `name` does with `apps:rename`. Times are Unix milliseconds. */
export interface App {
  readonly id: string;
  readonly name: string;
  readonly createdAt: number;
  /** The release that serves, or undefined before the first deploy. */
  readonly currentReleaseId: string | undefined;
  /** True after `ps:stop`: wanted dynos are none, the formation is kept. */
  readonly stopped: boolean;
}

/** Process type -> wanted number of dynos. A type that is missing has the default: 1 for `web`, 0 for the rest. */
export type Formation = Readonly<Record<string, number>>;

/** Config vars: name -> value. */
export type ConfigVars = Readonly<Record<string, string>>;

/** Process type -> shell line, as a Procfile has it. */
export type ProcessTypes = Readonly<Record<string, string>>;

export function wantedQuantity(formation: Formation, processType: string): number {
  const quantity = Object.hasOwn(formation, processType) ? formation[processType] : undefined;
  return quantity ?? (processType === "web" ? 1 : 0);
}

import type { Context } from "./context.ts";

/** The rule of one setting. */
export interface Property {
  readonly check: (value: string) => boolean;
  /** What is allowed, as the end of "must be ...". */
  readonly rule: string;
  readonly fallback: (settings: Context["settings"]) => string;
  /** The router has to be told. */
  readonly isRouted?: boolean;
  /** What is kept of a value that must not be read back, and what is shown of what is kept. */
  readonly secret?: {
    readonly seal: (value: string) => Promise<string>;
    readonly show: (kept: string) => string;
  };
}

import type { BuildLimits } from "../builders/builder.ts";
import type { DockerEngine } from "../docker/engine.ts";
import type { Logger } from "../lib/logger.ts";
import type { ConfigVars } from "../model/app.ts";
import type { Progress } from "../model/progress.ts";

/** The instance of all images that no daemon has made, and so none may remove. A daemon's own has ten hex digits. */
export const localInstance = "local";

/** What one `berth build` works with. */
export interface Workshop {
  readonly engine: DockerEngine;
  readonly logger: Logger;
  readonly progress: Progress;
  /** Of the proxies, as build args. */
  readonly proxies: ConfigVars;
  readonly limits: BuildLimits;
  /** Ends it all. */
  readonly signal: AbortSignal;
}

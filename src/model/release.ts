import type { ConfigVars, ProcessTypes } from "./app.ts";
import type { Runtime } from "./runtime.ts";

/** v1, v2, ...: image + config vars + process types. Never changed after it is made. */
export interface Release {
  readonly id: string;
  readonly appId: string;
  /** Counts from 1 within the app. */
  readonly version: number;
  /** Image reference, unique to one build, never a moving tag. */
  readonly image: string;
  readonly config: ConfigVars;
  readonly processTypes: ProcessTypes;
  /** Undefined for an image that buildpacks made. */
  readonly runtime?: Runtime | undefined;
  /** Commit the image was built from: 40 hex digits. */
  readonly commit: string | undefined;
  readonly buildId: string | undefined;
  /** One line: "Deploy 1a2b3c4", "Set config vars: A, B", "Rollback to v3". */
  readonly description: string;
  /** Name of the key that made it, or "local" for the local CLI. */
  readonly createdBy: string;
  /** Unix milliseconds. */
  readonly createdAt: number;
}

/** `abandoned`: the daemon ended before the build did. */
export type BuildStatus = "running" | "succeeded" | "failed" | "canceled" | "abandoned";

/** One run of a builder on one commit. Its log is kept beside it in the store. Times are Unix milliseconds. */
export interface Build {
  readonly id: string;
  readonly appId: string;
  readonly commit: string;
  readonly status: BuildStatus;
  /** Name of the builder, once one was picked. */
  readonly builder: string | undefined;
  /** Image reference of a succeeded build. */
  readonly image: string | undefined;
  readonly startedAt: number;
  readonly finishedAt: number | undefined;
}

import { UserError } from "../model/errors.ts";
import type { Progress } from "../model/progress.ts";

/** An app without a release is told of, and no failure: Dokku's exit code is 0, and scripts restart apps without asking. */
export async function ifDeployed(work: Promise<void>, progress: Progress): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (!(error instanceof UserError && error.code === "not-deployed")) throw error;
    progress.warn(error.message);
  }
}

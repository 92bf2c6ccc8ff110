import { showSize } from "../lib/size.ts";
import { UserError } from "../model/errors.ts";
import { cleanup } from "./cleanup.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";

/**
 * A build that fills the disk takes the apps down with it: it is not begun where too little is free, not even after all
 * that can be removed is. Throws `disk-full`.
 */
export async function requireDisk(context: Context, job: Job): Promise<void> {
  const least = context.settings.minFreeDiskBytes;
  if ((await context.freeDiskBytes()) >= least) return;
  job.progress.step("Little disk space is left: removing what is no longer needed");
  await cleanup(context, { app: undefined });
  const free = await context.freeDiskBytes();
  if (free >= least) return;
  throw new UserError(
    "disk-full",
    `Only ${showSize(free)} of disk space are free, and a build needs ${showSize(least)}`,
    {
      hint: "Make room on the host: see docker system df, give up an app's cache (repo:purge-cache APP), or lower the setting min-free-disk",
    },
  );
}

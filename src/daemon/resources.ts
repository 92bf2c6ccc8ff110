import { readFile, writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Settings } from "../config/schema.ts";
import type { ResourceLimits } from "../docker/container-options.ts";
import type { Logger } from "../lib/logger.ts";
import { messageOf } from "../model/errors.ts";

/** Half of the swap stays for the rest: a dyno that grows without end must not make the whole machine wait for its disk. */
export async function limitsIn({ dynoMemory, dynoCpus }: Settings): Promise<ResourceLimits> {
  const [, swap = "0"] = /^SwapTotal:\s+(\d+) kB/m.exec(await readFile("/proc/meminfo", "utf8").catch(() => "")) ?? [];
  const swapBytes = Math.min(dynoMemory, Math.floor((Number(swap) * 1024) / 2));
  // The engine refuses more than the machine has.
  return { memoryBytes: dynoMemory, swapBytes, cpus: Math.min(dynoCpus, availableParallelism()) };
}

// As the unit of systemd has it: what the kernel kills when memory is short, it is something else.
const oomScore = -900;

/** The router's workers inherit it. Only root may. */
export async function lowerOomScore(logger: Logger): Promise<void> {
  const file = "/proc/self/oom_score_adj";
  try {
    if (Number(await readFile(file, "utf8")) > oomScore) await writeFile(file, `${oomScore}\n`);
  } catch (error) {
    logger.debug({ reason: messageOf(error) }, "the kernel may kill the daemon like any other process");
  }
}

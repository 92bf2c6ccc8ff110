/** What a machine has. */
export interface Machine {
  readonly memoryBytes: number;
  readonly cores: number;
}

export interface DynoLimits {
  readonly memoryBytes: number;
  readonly cpus: number;
}

const megabyte = 1024 * 1024;
// The engine, the daemon and a router worker take some 300 MB, and the kernel has to keep files in memory.
const leastHeadroom = 384 * megabyte;
const mostHeadroom = 2048 * megabyte;

/** How much one dyno may have, so that one alone cannot take the whole machine from the others and from its host. */
export function dynoLimits({ memoryBytes, cores }: Machine): DynoLimits {
  const headroom = Math.min(mostHeadroom, Math.max(leastHeadroom, memoryBytes / 5));
  return {
    memoryBytes: Math.floor(Math.max(memoryBytes / 2, memoryBytes - headroom)),
    cpus: Math.round(Math.max(cores * 0.9, cores - 0.5) * 100) / 100,
  };
}

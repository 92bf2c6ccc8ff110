/** `scripts/bench.sh soak`: a worker under mixed traffic while its routes change; what it got wrong, and what it keeps. */
import { soak } from "../router/helpers/soak.ts";

const seconds = Number(process.env.BENCH_SOAK_SECONDS ?? 60);
const works: (() => unknown)[] = [];

function say(text: string): void {
  process.stdout.write(`${text}\n`);
}

const megabytes = (bytes: number): string => `${(bytes / 1024 / 1024).toFixed(1)} MB`;

try {
  const { changes, right, wrong, before, after } = await soak(
    { after: (work) => void works.push(work as () => unknown) },
    seconds,
  );
  say(`Soak: ${seconds} s, routes changed ${changes} times`);
  for (const [kind, count] of Object.entries(right)) say(`  ${kind.padEnd(16)} ${count} right`);
  say(`  ${"wrong".padEnd(16)} ${wrong.length}`);
  for (const line of wrong.slice(0, 20)) say(`    ${line}`);
  say(`  memory           ${megabytes(before.bytes)} before, ${megabytes(after.bytes)} after`);
  say(`  descriptors      ${before.descriptors} before, ${after.descriptors} after`);
  if (wrong.length > 0) process.exitCode = 1;
} finally {
  for (const work of works.reverse()) await work();
}

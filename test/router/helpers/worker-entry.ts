import { runWorker } from "../../../src/router/worker.ts";

// For tests of what stays behind.
process.on("SIGUSR2", () => {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stderr.write(`${JSON.stringify({ msg: "memory", bytes: heapUsed + external })}\n`);
});

/** A real worker process for tests: its options as JSON in the first argument. */
process.exitCode = await runWorker(JSON.parse(process.argv[2] ?? ""));

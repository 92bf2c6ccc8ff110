import { runWorker } from "../../../src/router/worker.ts";

/** A real worker process for tests: its options as JSON in the first argument. */
process.exitCode = await runWorker(JSON.parse(process.argv[2] ?? ""));

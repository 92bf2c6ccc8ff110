import { pathsBelow } from "../../src/config/paths.ts";
import { runRouter } from "../../src/router/run-router.ts";

/** `node router-entry.ts router ...`, as main.ts does it. */
process.exitCode = await runRouter(process.argv.slice(3), pathsBelow);

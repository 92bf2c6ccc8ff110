// Says whether a daemon with these arguments (`--root R --config FILE`) would accept its configuration.
import { loadSettings } from "../../src/config/load.ts";
import { UserError } from "../../src/model/errors.ts";

try {
  await loadSettings(process.argv.slice(2), {});
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${[error.message, error.hint].filter(Boolean).join("\n")}\n`);
  process.exitCode = 1;
}

// Brings the configuration reference in README.md up to date: `node scripts/config-reference.ts --write`.
import { readFile, writeFile } from "node:fs/promises";
import { configReference, withConfigReference } from "../src/config/reference.ts";

const readme = new URL("../README.md", import.meta.url);
if (process.argv.includes("--write")) {
  await writeFile(readme, withConfigReference(await readFile(readme, "utf8")));
} else {
  process.stdout.write(`${configReference()}\n`);
}

import { shownDomain } from "../model/domain.ts";
import type { DomainChange } from "../operations/operations.ts";
import type { Output } from "./output.ts";

/** One line for each domain, by whether there was anything to do. */
export function presentChanges(
  results: readonly DomainChange[],
  out: Output,
  done: (domain: string) => string,
  skipped: (domain: string) => string,
): void {
  for (const { domain, changed } of results) {
    const shown = shownDomain(domain);
    out.step(changed ? done(shown) : `Skipping: ${skipped(shown)}`);
  }
}

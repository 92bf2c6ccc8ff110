import type { TestEvent } from "node:test/reporters";

/** A reporter for scripts/test.sh: `test MS FILE NAME` for each test, `total PASSED FAILED SKIPPED` at the end, tab-separated. */
export default async function* results(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  for await (const { type, data } of events) {
    if ((type === "test:pass" || type === "test:fail") && data.details.type !== "suite") {
      yield `${["test", Math.round(data.details.duration_ms), data.file ?? "", data.name.replace(/\s+/g, " ")].join("\t")}\n`;
    }
    if (type === "test:summary" && data.file === undefined) {
      const { passed, failed, cancelled, skipped, todo } = data.counts;
      yield `${["total", passed, failed + cancelled, skipped + todo].join("\t")}\n`;
    }
  }
}

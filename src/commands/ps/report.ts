import type { Dyno } from "../../model/dyno.ts";
import { defineReport, propertyFacts } from "../report.ts";

export const psReport = defineReport({
  group: "ps",
  title: "ps",
  prefix: "ps-",
  keepPrefixed: true,
  summary: "Show the dynos of one app, or of all",
  read: async (app, operations) => {
    const { current, dynos } = await operations.processReport({ app });
    const restartPolicy = await operations.property({ app, key: "ps.restart-policy" });
    const stopTimeout = await operations.property({ app, key: "ps.stop-timeout-seconds" });
    return {
      deployed: String(current !== undefined),
      processes: String(dynos.length),
      "ps-can-scale": "true",
      ...propertyFacts("ps", "restart-policy", restartPolicy),
      ...propertyFacts("ps", "stop-timeout-seconds", stopTimeout),
      running: running(dynos),
      ...Object.fromEntries(dynos.map((dyno) => [`status-${dyno.processType}-${dyno.number}`, status(dyno)])),
    };
  },
});

function running(dynos: readonly Dyno[]): string {
  const up = dynos.filter((dyno) => dyno.state === "running").length;
  if (up === 0) return "false";
  return up === dynos.length ? "true" : "mixed";
}

function status(dyno: Dyno): string {
  return `${dyno.state} (CID: ${dyno.id.slice(0, 11)})`;
}

import type { Dyno } from "../../model/dyno.ts";
import { defineReport, reportProperties } from "../report.ts";

const properties = [
  ["restart-policy", "ps.restart-policy"],
  ["stop-timeout-seconds", "ps.stop-timeout-seconds"],
] as const;

export const psReport = defineReport({
  group: "ps",
  title: "ps",
  prefix: "ps-",
  keepPrefixed: true,
  summary: "Show the dynos of one app, or of all",
  read: async (app, operations) => {
    const { current, dynos, canScale, missingImages } = await operations.processReport({ app });
    return {
      deployed: String(current !== undefined),
      processes: String(dynos.length),
      "ps-can-scale": String(canScale),
      ...(await reportProperties(operations, app, "ps", properties)),
      ...(missingImages.length > 0 && {
        problem: `The Docker engine has lost ${missingImages.join(", ")}: push ${app} again to build a new one`,
      }),
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

import type { LetsencryptReport } from "../../operations/operations.ts";
import { defineCommand } from "../command.ts";

export const letsencryptList = defineCommand({
  name: "letsencrypt:list",
  effect: "reads",
  summary: "List the apps for which certificates are asked for",
  input: {},
  run: async (_, { operations }) => {
    const apps = await operations.listApps();
    const all = apps.map(async ({ name }) => ({ app: name, ...(await operations.letsencrypt({ app: name })) }));
    return (await Promise.all(all)).filter(({ enabled }) => enabled);
  },
  present: (apps, out) => {
    out.subheading("App name, expiry, time of renewal, state");
    out.table(apps.map((each) => [each.app, day(each.expiresAt), day(each.renewsAt), state(each)]));
  },
  json: (apps) => apps,
});

function state({ expiresAt, isGiven, issuance }: LetsencryptReport): string {
  if (isGiven) return "has one of its own";
  if (issuance !== undefined) return `failed: ${issuance.error}`;
  return expiresAt === undefined ? "waiting" : "in use";
}

function day(ms: number | undefined): string {
  return ms === undefined ? "-" : new Date(ms).toISOString().slice(0, 10);
}

import { defineCommand } from "../command.ts";

export const letsencryptList = defineCommand({
  name: "letsencrypt:list",
  summary: "List the apps for which certificates are asked for",
  input: {},
  run: async (_, { operations }) => {
    const apps = await operations.listApps();
    const all = apps.map(async ({ name }) => ({ app: name, ...(await operations.letsencrypt({ app: name })) }));
    return (await Promise.all(all)).filter(({ enabled }) => enabled);
  },
  present: (apps, out) => {
    out.subheading("App name, expiry, time of renewal, state");
    out.table(
      apps.map(({ app, expiresAt, renewsAt, issuance }) => [
        app,
        day(expiresAt),
        day(renewsAt),
        issuance === undefined ? (expiresAt === undefined ? "waiting" : "in use") : `failed: ${issuance.error}`,
      ]),
    );
  },
  json: (apps) => apps,
});

function day(ms: number | undefined): string {
  return ms === undefined ? "-" : new Date(ms).toISOString().slice(0, 10);
}

import { defineReport, reportProperties } from "../report.ts";

const properties = (["ca-file", "challenge", "email", "enabled", "server"] as const).map(
  (name) => [name, `letsencrypt.${name}`] as const,
);

export const letsencryptReport = defineReport({
  group: "letsencrypt",
  title: "letsencrypt",
  prefix: "letsencrypt-",
  keepPrefixed: false,
  summary: "Show how certificates of one app, or of all, are asked for, and what became of it",
  read: async (app, operations) => {
    const { names, expiresAt, renewsAt, issuance } = await operations.letsencrypt({ app });
    return {
      ...(await reportProperties(operations, app, "letsencrypt", properties)),
      "letsencrypt-error": issuance?.error ?? "",
      "letsencrypt-expires-at": time(expiresAt),
      "letsencrypt-failures": String(issuance?.failures ?? 0),
      "letsencrypt-names": names.join(" "),
      "letsencrypt-renews-at": time(renewsAt),
      "letsencrypt-retries-at": time(issuance?.retryAt),
    };
  },
});

function time(ms: number | undefined): string {
  return ms === undefined ? "" : new Date(ms).toISOString();
}

import { defineReport } from "../report.ts";

export const certsReport = defineReport({
  group: "certs",
  title: "ssl",
  prefix: "ssl-",
  keepPrefixed: false,
  summary: "Show the certificate of one app, or of all",
  read: async (app, operations) => {
    const found = await operations.certificate({ app });
    return {
      "ssl-dir": "",
      "ssl-enabled": String(found !== undefined),
      "ssl-expires-at": found === undefined ? "" : date(found.notAfter),
      "ssl-hostnames": found?.names.join(" ") ?? "",
      "ssl-issuer": found?.issuer ?? "",
      "ssl-origin": found?.origin ?? "",
      "ssl-starts-at": found === undefined ? "" : date(found.notBefore),
      "ssl-subject": found?.subject ?? "",
      "ssl-verified":
        found === undefined ? "" : found.isSelfSigned ? "self signed" : "verified by a certificate authority",
    };
  },
});

function date(ms: number): string {
  return new Date(ms).toISOString().replace(".000Z", "Z");
}

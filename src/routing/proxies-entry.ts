import type { ProxiesEntry } from "../model/certificate.ts";

/** Of the setting `trusted-proxies`. Running workers learn of a change by the table, as of any other. */
export function proxiesEntry(trustedProxies: string | undefined): ProxiesEntry {
  const networks = (trustedProxies ?? "").split(",").filter((network) => network !== "");
  return { kind: "proxies", id: "proxies", networks };
}

import { proxyProperties } from "../proxy-properties.ts";
import { defineReport, reportProperties } from "../report.ts";

export const proxyReport = defineReport({
  group: "proxy",
  title: "proxy",
  prefix: "proxy-",
  keepPrefixed: true,
  summary: "Show how the router serves one app, or all",
  read: (app, operations) =>
    reportProperties(
      operations,
      app,
      "proxy",
      ([...proxyProperties, "paused"] as const).map((name) => [name, `proxy.${name}` as const]),
    ),
});

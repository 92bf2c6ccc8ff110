import { definePropertyCommand } from "../property.ts";

export const proxySet = definePropertyCommand({
  group: "proxy",
  summary: "Set or clear how the router serves an app",
  word: "property",
  properties: { "https-redirect": "proxy.https-redirect" },
});

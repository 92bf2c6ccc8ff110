import { definePropertyCommand } from "../property.ts";
import { proxyProperties } from "../proxy-properties.ts";

export const proxySet = definePropertyCommand({
  group: "proxy",
  spaced: true,
  summary: "Set or clear how the router serves an app",
  word: "property",
  properties: Object.fromEntries(proxyProperties.map((name) => [name, `proxy.${name}` as const])),
  secret: ["basic-auth", "debug-token"],
});

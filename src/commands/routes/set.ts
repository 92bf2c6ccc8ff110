import { definePropertyCommand } from "../property.ts";

export const routesSet = definePropertyCommand({
  group: "routes",
  summary: "Set or clear how requests are led to an app",
  word: "property",
  properties: { redirect: "routes.redirect", "strip-prefix": "routes.strip-prefix" },
});

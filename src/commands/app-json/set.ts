import { definePropertyCommand } from "../property.ts";

export const appJsonSet = definePropertyCommand({
  group: "app-json",
  summary: "Set or clear where an app has its app.json",
  word: "property",
  properties: { "appjson-path": "app-json.appjson-path" },
});

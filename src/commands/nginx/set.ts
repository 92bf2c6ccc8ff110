import { definePropertyCommand } from "../property.ts";
import { nginxNames } from "../proxy-properties.ts";

export const nginxSet = definePropertyCommand({
  group: "nginx",
  // nginx's own.
  synonyms: { on: "true", off: "false" },
  summary: "Set or clear how the router serves an app, under Dokku's names",
  word: "property",
  properties: nginxNames,
});

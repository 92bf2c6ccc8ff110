import { definePropertyCommand } from "../property.ts";
import { nginxNames } from "../proxy-properties.ts";

export const nginxSet = definePropertyCommand({
  group: "nginx",
  summary: "Set or clear how the router serves an app, under Dokku's names",
  word: "property",
  properties: nginxNames,
});

import { definePropertyCommand } from "../property.ts";

export const checksSet = definePropertyCommand({
  group: "checks",
  summary: "Set or clear how new dynos are checked",
  word: "key",
  properties: { timeout: "checks.timeout" },
});

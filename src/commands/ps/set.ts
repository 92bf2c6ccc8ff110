import { definePropertyCommand } from "../property.ts";

export const psSet = definePropertyCommand({
  group: "ps",
  summary: "Set or clear how dynos are run",
  word: "property",
  properties: { "restart-policy": "ps.restart-policy", "stop-timeout-seconds": "ps.stop-timeout-seconds" },
});

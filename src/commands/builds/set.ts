import { definePropertyCommand } from "../property.ts";

export const buildsSet = definePropertyCommand({
  group: "builds",
  summary: "Set or clear what builds may use, and how many are remembered",
  word: "key",
  properties: {
    cpus: "builds.cpus",
    memory: "builds.memory",
    retention: "builds.retention",
    "timeout-seconds": "builds.timeout-seconds",
  },
});

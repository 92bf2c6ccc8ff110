import { definePropertyCommand } from "../property.ts";

export const builderSet = definePropertyCommand({
  group: "builder",
  summary: "Set or clear what builds an app, and which folder of its repository",
  word: "property",
  properties: { selected: "builder.selected", "build-dir": "builder.build-dir" },
});

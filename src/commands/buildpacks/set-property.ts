import { definePropertyCommand } from "../property.ts";

export const buildpacksSetProperty = definePropertyCommand({
  group: "buildpacks",
  name: "buildpacks:set-property",
  summary: "Set or clear what buildpacks are told",
  word: "property",
  properties: { stack: "buildpacks.stack" },
});

import { definePropertyCommand } from "../property.ts";

export const gitSet = definePropertyCommand({
  group: "git",
  summary: "Set or clear how pushes are taken",
  word: "key",
  properties: { "deploy-branch": "git.deploy-branch" },
});

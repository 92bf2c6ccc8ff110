import { definePropertyCommand } from "../property.ts";

export const gitSet = definePropertyCommand({
  group: "git",
  summary: "Set or clear how pushes are taken",
  word: "key",
  properties: {
    "archive-max-files": "git.archive-max-files",
    "archive-max-size": "git.archive-max-size",
    "deploy-branch": "git.deploy-branch",
  },
});

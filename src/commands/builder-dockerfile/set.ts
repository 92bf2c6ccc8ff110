import { definePropertyCommand } from "../property.ts";

export const builderDockerfileSet = definePropertyCommand({
  group: "builder-dockerfile",
  summary: "Set or clear where an app's Dockerfile is",
  word: "key",
  properties: { "dockerfile-path": "builder-dockerfile.dockerfile-path" },
});

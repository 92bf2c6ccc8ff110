import { definePropertyCommand } from "../property.ts";

export const builderDockerfileSet = definePropertyCommand({
  group: "builder-dockerfile",
  summary: "Set or clear where an app's Dockerfile is, and what builds it",
  word: "key",
  properties: { backend: "builder-dockerfile.backend", "dockerfile-path": "builder-dockerfile.dockerfile-path" },
});

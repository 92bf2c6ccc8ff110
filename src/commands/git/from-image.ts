import { authorOf } from "../author.ts";
import { defineCommand } from "../command.ts";
import { presentDeployed } from "../deployed.ts";
import { appName, optional, text } from "../input.ts";

export const gitFromImage = defineCommand({
  name: "git:from-image",
  effect: "changes",
  summary: "Deploy an image, from this host or a registry; with --force ask the registry in any case",
  input: { app: appName, image: text, name: optional(text), email: optional(text) },
  positionals: ["app", "image", "name", "email"],
  labels: { image: "docker-image", name: "git-username", email: "git-email" },
  run: ({ app, image, name, email }, { operations, job, force }) =>
    operations.importImage({ app, image, author: authorOf(name, email), refresh: force }, job),
  present: presentDeployed,
});

import { authorOf } from "../author.ts";
import { defineCommand } from "../command.ts";
import { presentDeployed } from "../deployed.ts";
import { appName, optional, text } from "../input.ts";

export const gitLoadImage = defineCommand({
  name: "git:load-image",
  effect: "changes",
  summary: "Deploy an image that comes on standard input, as docker save writes it",
  input: { app: appName, image: text, name: optional(text), email: optional(text) },
  positionals: ["app", "image", "name", "email"],
  labels: { image: "docker-image", name: "git-username", email: "git-email" },
  run: ({ app, image, name, email }, { operations, job, caller }) =>
    operations.loadImage({ app, image, author: authorOf(name, email), tar: caller.input() }, job),
  present: presentDeployed,
});

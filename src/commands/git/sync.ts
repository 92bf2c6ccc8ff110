import { UserError } from "../../model/errors.ts";
import { defineCommand } from "../command.ts";
import { appName, flag, optional, text } from "../input.ts";

export const gitSync = defineCommand({
  name: "git:sync",
  effect: "changes",
  summary: "Fetch what another git repository has into that of an app, and build it where that is asked for",
  input: {
    app: appName,
    repository: text,
    ref: optional(text),
    build: flag,
    buildIfChanges: flag,
    skipDeployBranch: flag,
  },
  positionals: ["app", "repository", "ref"],
  labels: { ref: "git-ref" },
  options: {
    build: { flags: "--build", summary: "Build and deploy it in any case" },
    buildIfChanges: { flags: "--build-if-changes", summary: "Build and deploy it unless it runs already" },
    skipDeployBranch: { flags: "--skip-deploy-branch", summary: "Leave the app's deploy branch as it is set" },
  },
  run: ({ app, repository, ref, build, buildIfChanges, skipDeployBranch }, { operations, job }) => {
    if (build && buildIfChanges) {
      throw new UserError("invalid-usage", "Give --build or --build-if-changes, not both");
    }
    const when = build ? "always" : buildIfChanges ? "if-changed" : "never";
    const input = { app, url: repository, ref, build: when, setDeployBranch: !skipDeployBranch } as const;
    return operations.syncRepository(input, job);
  },
  present: ({ branch, commit, deployed }, out) => {
    if (deployed === undefined) return out.heading(`'${branch}' is at ${commit.slice(0, 7)}`);
    out.heading("Application deployed:");
    for (const url of deployed.urls) out.detail(url);
  },
});

import { UserError } from "../../model/errors.ts";
import { authorOf } from "../author.ts";
import type { Caller } from "../command.ts";
import { defineCommand } from "../command.ts";
import { presentDeployed } from "../deployed.ts";
import { appName, choice, optional, text } from "../input.ts";

export const gitFromArchive = defineCommand({
  name: "git:from-archive",
  effect: "changes",
  summary: "Deploy a tar, tar.gz, tar.zst or zip from an address, or with -- from standard input",
  input: {
    app: appName,
    url: optional(text),
    name: optional(text),
    email: optional(text),
    type: optional(choice("archive type", ["tar", "tar.gz", "zip"])),
  },
  positionals: ["app", "url", "name", "email"],
  labels: { url: "archive-url", name: "git-username", email: "git-email" },
  // What an archive is, it tells itself; scripts written for Dokku say so all the same.
  options: { type: { flags: "--archive-type <type>", summary: "tar, tar.gz or zip; found out without it" } },
  run: ({ app, ...words }, { operations, job, caller }) => {
    const { url, name, email } = withoutDashes(words);
    return operations.importArchive({ app, from: url ?? input(caller), author: authorOf(name, email) }, job);
  },
  present: presentDeployed,
});

type Words = Readonly<Record<"url" | "name" | "email", string | undefined>>;

/** The `--` that stands for standard input is gone by now, as everywhere, and the words after it have moved up. */
function withoutDashes({ url, name, email }: Words): Words {
  if (url === "-") return { url: undefined, name, email };
  const isName = url !== undefined && name !== undefined && email === undefined && !url.includes("://");
  return isName ? { url: undefined, name: url, email: name } : { url, name, email };
}

function input(caller: Caller) {
  if (!caller.hasTerminal) return caller.input();
  throw new UserError("invalid-usage", "An archive cannot be typed", {
    hint: "Give its address, or send it: git:from-archive APP -- < app.tar.gz",
  });
}

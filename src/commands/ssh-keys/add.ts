import { UserError } from "../../model/errors.ts";
import { type Caller, defineCommand } from "../command.ts";
import { flag, optional, text } from "../input.ts";

const longestKey = 64 * 1024;

export const sshKeysAdd = defineCommand({
  name: "ssh-keys:add",
  effect: "changes",
  summary: "Let a public key in, from standard input or a file",
  input: { name: text, path: optional(text), admin: flag },
  positionals: ["name", "path"],
  options: { admin: { flags: "--admin", summary: "Let this key add and remove keys too, as the first key may" } },
  run: async ({ name, path, admin }, { operations, caller }) => {
    const publicKey = path === undefined ? await fromInput(caller) : await fromFile(path, caller);
    return operations.addKey({ name, publicKey, admin }, caller.identity);
  },
  present: (key, out) => out.text(key.fingerprint),
});

async function fromInput(caller: Caller): Promise<string> {
  if (caller.hasTerminal) return (await caller.ask("Paste the public key: ")) ?? "";
  return (await caller.readAll(longestKey)).toString("utf8");
}

async function fromFile(path: string, { readFile }: Caller): Promise<string> {
  if (readFile === undefined) {
    throw new UserError("no-files-over-ssh", "A path can only be read by the local berth command", {
      hint: "Over ssh give the key on standard input: ssh ... ssh-keys:add NAME < ~/.ssh/id_ed25519.pub",
    });
  }
  return (await readFile(path)).toString("utf8");
}

import { splitWords } from "../lib/shell-words.ts";
import { exitCodes, messageOf, UserError } from "../model/errors.ts";

/** What the client wants to be run. */
export type RequestedCommand =
  | { readonly kind: "receive-pack" | "upload-pack"; readonly app: string }
  | { readonly kind: "command"; readonly words: readonly string[] };

/** As much as OpenSSH takes in one packet. */
const longestCommand = 256 * 1024;

/** `line` is undefined where the client asked for a shell. Throws UserError where the line makes no sense. */
export function readRequestedCommand(line: string | undefined): RequestedCommand {
  checkLength(line ?? "");
  const words = split(line ?? "");
  // Who logs in without a command gets to know what there is, as with Dokku.
  if (words.length === 0) return { kind: "command", words: ["help"] };
  const [service, path] = gitService(words);
  switch (service) {
    case "receive-pack":
    case "upload-pack":
      return { kind: service, app: appOf(path, service) };
    case "upload-archive":
      throw new UserError("git-archive-unsupported", "git archive --remote is not supported", {
        hint: "Clone the app's repository, and run git archive there",
      });
    default:
      return { kind: "command", words };
  }
}

function checkLength(line: string): void {
  const length = Buffer.byteLength(line);
  if (length <= longestCommand) return;
  throw new UserError("command-too-long", `The command is too long: ${length} bytes, ${longestCommand} are allowed`, {
    exitCode: exitCodes.usage,
    hint: "Split it into several commands, or give large data on standard input",
  });
}

function split(line: string): string[] {
  try {
    return splitWords(line);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError("invalid-quoting", `The command could not be read: ${messageOf(error)}`, {
      exitCode: exitCodes.usage,
      hint: "Quote it twice where your own shell takes a pair of quotes away",
      cause: error,
    });
  }
}

/** git sends `git-receive-pack 'PATH'`, and older clients of other makers `git receive-pack 'PATH'`. */
function gitService(words: readonly string[]): [service: string | undefined, path: readonly string[]] {
  const [first = "", second = ""] = words;
  if (first === "git" && /^(receive-pack|upload-pack|upload-archive)$/.test(second)) return [second, words.slice(2)];
  if (first.startsWith("git-")) return [first.slice("git-".length), words.slice(1)];
  return [undefined, []];
}

function appOf(path: readonly string[], service: string): string {
  const [only] = path;
  if (only === undefined || path.length > 1) {
    throw new UserError("invalid-git-path", `git ${service} needs one path: the app's name`, {
      exitCode: exitCodes.usage,
    });
  }
  return only
    .replace(/^~?\/+/, "")
    .replace(/\/+$/, "")
    .replace(/\.git$/, "");
}

import { statSync } from "node:fs";
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { splitReference } from "../docker/reference.ts";
import type { ConfigVars } from "../model/app.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { checkConfigKey } from "../model/names.ts";
import { checkImageName, type ImageName } from "./image-name.ts";

export interface BuildArguments {
  readonly folder: string;
  readonly name: ImageName;
  readonly buildpacks: readonly string[];
  readonly config: ConfigVars;
  /** Image to stand on. */
  readonly base: string | undefined;
  /** Shell commands for the image, in their order. */
  readonly commands: readonly string[];
  /** Where the compose file goes; `-` is standard output. */
  readonly composeFile: string | undefined;
  /** On 127.0.0.1; 0 is any that is free. */
  readonly port: number | undefined;
}

export const usageLine = "berth build [<dir>] <name> [<tag>] [<option> ...]";

export const usage = [
  `Usage: ${usageLine}`,
  "",
  "Make an image of the app in a folder (default: this one), with what a push would be built with. It needs neither git nor a",
  "running Berth, only Docker.",
  "",
  "Options:",
  "    -b, --buildpack <url>       Use this buildpack; several are used in their order",
  "    -p, --port <port>           Then run the image at 127.0.0.1:<port> until Ctrl-C (0: any free port)",
  "    -o, --output <file>         Write a compose file that runs the image (-: to standard output)",
  "    -f, --from <image>          Stand on this image in place of Berth's, or of the one in the Dockerfile",
  "    -i, --include <command>     Run this in the image as root, e.g. to install packages; before the build where",
  "                                buildpacks make it, after it where a Dockerfile does",
  "    -e, --env <name>=<value>    A config var, for the build and for -p and -o",
  "",
  "What .gitignore and .slugignore leave out is not in the image. With a Dockerfile, a .dockerignore takes their place.",
].join("\n");

/** Throws UserError with exit code 2. */
export function parseBuildArguments(words: readonly string[]): BuildArguments {
  const { values, positionals } = parseWords(words);
  const [folder, name, tag] = places(positionals);
  const written = splitReference(name);
  return {
    folder,
    name: checkImageName(tag === undefined ? written : { repository: name, tag }),
    buildpacks: (values.buildpack ?? []).map((text) => (/^\.\.?(\/|$)/.test(text) ? resolve(text) : text)),
    config: Object.fromEntries((values.env ?? []).map(readVar)),
    base: values.from,
    commands: values.include ?? [],
    composeFile: values.output,
    port: values.port === undefined ? undefined : readPort(values.port),
  };
}

function parseWords(words: readonly string[]) {
  try {
    return parseArgs({
      args: [...words],
      allowPositionals: true,
      options: {
        buildpack: { type: "string", short: "b", multiple: true },
        port: { type: "string", short: "p" },
        output: { type: "string", short: "o" },
        from: { type: "string", short: "f" },
        include: { type: "string", short: "i", multiple: true },
        env: { type: "string", short: "e", multiple: true },
      },
    });
  } catch (error) {
    // The first sentence says what; the rest is about programming.
    throw misused(messageOf(error).split(/\. |\n/)[0] ?? "");
  }
}

/** Of two words, the first is the folder where there is one of that name. */
function places(words: readonly string[]): [folder: string, name: string, tag: string | undefined] {
  const [first, second, third] = words;
  if (first === undefined) throw misused("The image needs a name");
  if (words.length > 3) throw misused(`Unexpected argument: ${words[3]}`);
  if (second === undefined) return [".", first, undefined];
  if (third === undefined && !isFolder(first)) {
    // Nothing but a path looks like that.
    if (/^[./~]/.test(first)) throw new UserError("folder-missing", `There is no folder ${first}`);
    return [".", first, second];
  }
  return [first, second, third];
}

function isFolder(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isDirectory() ?? false;
}

function readVar(text: string): [string, string] {
  const at = text.indexOf("=");
  if (at < 0) throw misused(`--env takes <name>=<value>, not '${text}'`);
  return [checkConfigKey(text.slice(0, at)), text.slice(at + 1)];
}

function readPort(text: string): number {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
  if (port >= 0 && port <= 65_535) return port;
  throw misused(`--port takes a number from 0 to 65535, not '${text}'`);
}

function misused(message: string): UserError {
  return new UserError("invalid-arguments", message, { hint: `Usage: ${usageLine}`, exitCode: 2 });
}

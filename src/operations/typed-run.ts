import type { App } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import { imageCommand, isJoined, serviceOf } from "../model/runtime.ts";
import type { RunSpec } from "../schedulers/scheduler.ts";
import { portOf } from "./transition.ts";

type What = Pick<RunSpec, "image" | "command" | "ownImage" | "joins" | "process" | "config">;

/**
 * What `run APP WORDS` runs. If the first word is a process type, its command with the other words behind it, as on Heroku
 * and Dokku, and with all that the type has of its own but volumes. Else the words, in the release's image.
 */
export function whatToRun(app: App, release: Release, words: readonly string[]): What {
  const [type = "", ...args] = words;
  const command = commandOf(release, type, args);
  const common = {
    ownImage: release.runtime !== undefined,
    ...(isJoined(release) && { joins: app.id }),
  };
  if (command === undefined) return { ...common, image: release.image, command: words, config: {} };
  const { image = release.image, environment, entrypoint, user, workingDir } = serviceOf(release, type);
  const process = {
    ...(entrypoint && { entrypoint }),
    ...(user !== undefined && { user }),
    ...(workingDir !== undefined && { workingDir }),
  };
  const config = { ...environment, ...(type === "web" && { PORT: String(portOf(release)) }) };
  return { ...common, image, command, process, config };
}

/** Undefined if it is no process type, or one whose command only its image knows and arguments are to follow. */
function commandOf(release: Release, type: string, args: readonly string[]): readonly string[] | undefined {
  if (!Object.hasOwn(release.processTypes, type)) return undefined;
  const line = release.processTypes[type] ?? "";
  if (release.runtime === undefined) return args.length === 0 ? shell("bash", line) : shell("bash", line, type, args);
  const exact = serviceOf(release, type).command;
  if (exact !== undefined) return [...exact, ...args];
  const words = imageCommand(line);
  if (words === undefined) return args.length === 0 ? [] : undefined;
  if (words[0] !== "/bin/sh" || args.length === 0) return [...words, ...args];
  return shell("/bin/sh", line, type, args);
}

/** The arguments reach the line's last command as they are, whatever is in them. */
function shell(program: string, line: string, name?: string, args: readonly string[] = []): readonly string[] {
  return name === undefined ? [program, "-c", line] : [program, "-c", `${line} "$@"`, name, ...args];
}

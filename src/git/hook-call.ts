import type { Readable } from "node:stream";
import { LineSplitter } from "../lib/line-splitter.ts";
import type { RefUpdate } from "./push-decision.ts";
import type { Quarantine } from "./repositories.ts";

/** What the pre-receive hook says on its descriptor 3 (repository-files.ts). */
export interface HookCall {
  /** Undefined where the push brought no objects. */
  readonly quarantine: Quarantine | undefined;
  readonly updates: readonly RefUpdate[];
}

const mostLines = 50_000;

/** Undefined where the push ends without getting to its hook. */
export function readHookCall(stream: Readable): Promise<HookCall | undefined> {
  return new Promise((resolve, reject) => {
    const environment = new Map<string, string>();
    const updates: RefUpdate[] = [];
    let section: "environment" | "refs" | "done" = "environment";
    const readLine = (line: string): void => {
      if (line === "") {
        section = section === "environment" ? "refs" : "done";
      } else if (section === "environment") {
        const [, name = "", value = ""] = /^(\w+)=(.*)$/.exec(line) ?? [];
        environment.set(name, value);
      } else if (section === "refs") {
        const [before, after, ref] = line.split(" ");
        if (before !== undefined && after !== undefined && ref !== undefined) updates.push({ before, after, ref });
      }
      if (updates.length > mostLines) reject(new Error(`A push of more than ${mostLines} refs`));
      if (section === "done") resolve({ quarantine: quarantineOf(environment), updates });
    };
    const splitter = new LineSplitter(readLine);
    stream.on("data", (chunk: Buffer) => splitter.write(chunk));
    stream.on("error", reject);
    stream.on("close", () => resolve(undefined));
    stream.on("end", () => resolve(undefined));
  });
}

function quarantineOf(environment: ReadonlyMap<string, string>): Quarantine | undefined {
  const objectDirectory = environment.get("GIT_OBJECT_DIRECTORY") ?? "";
  if (objectDirectory === "") return undefined;
  return { objectDirectory, alternates: environment.get("GIT_ALTERNATE_OBJECT_DIRECTORIES") ?? "" };
}

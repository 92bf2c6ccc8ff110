import type { Caller } from "./command.ts";

/** The password as it was given, else the first line of standard input: what stands in a command others may see. */
export async function gitPassword(given: string | undefined, caller: Caller): Promise<string | undefined> {
  if (given !== undefined && given !== "" && given !== "-") return given;
  const line = await caller.ask(caller.hasTerminal ? "Password: " : "");
  return line === "" ? undefined : line;
}

import type { ProcessTypes } from "./app.ts";
import { UserError } from "./errors.ts";
import { isProcessType } from "./names.ts";

// Heroku's rule for a line: name, colon, the rest is the command.
const linePattern = /^([A-Za-z0-9_-]+):\s*(.+)$/;

/**
 * Process types of a Procfile, in its order; of two lines with one name the last counts. Blank lines and those that begin
 * with `#` are passed over. Throws `invalid-procfile` with the number of the line that does not fit.
 */
export function parseProcfile(text: string): ProcessTypes {
  const types: Record<string, string> = {};
  for (const [index, line] of linesOf(text)) {
    const [, name, command] = linePattern.exec(line) ?? [];
    if (name === undefined || command === undefined) {
      throw invalid(index + 1, `'${shorten(line)}' is not of the form 'NAME: COMMAND'`);
    }
    if (!isProcessType(name)) {
      throw invalid(
        index + 1,
        `'${shorten(name)}' cannot name a process type: a letter or digit first, 63 characters at most`,
      );
    }
    types[name] = command;
  }
  return types;
}

/** Names of process types that have several lines. */
export function repeatedTypes(text: string): string[] {
  const names = linesOf(text).flatMap(([, line]) => linePattern.exec(line)?.[1] ?? []);
  return [...new Set(names.filter((name, index) => names.indexOf(name) !== index))];
}

/** Those that say something, with their places from 0. */
function linesOf(text: string): [index: number, line: string][] {
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\n|\r/);
  const trimmed = lines.map((line, index): [number, string] => [index, line.trim()]);
  return trimmed.filter(([, line]) => line !== "" && !line.startsWith("#"));
}

function invalid(line: number, reason: string): UserError {
  return new UserError("invalid-procfile", `Procfile line ${line}: ${reason}`, {
    hint: "For example 'web: node server.js'",
  });
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

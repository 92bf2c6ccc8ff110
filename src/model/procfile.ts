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
  for (const [index, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r\n|\n|\r/)
    .entries()) {
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
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

function invalid(line: number, reason: string): UserError {
  return new UserError("invalid-procfile", `Procfile line ${line}: ${reason}`, {
    hint: "For example 'web: node server.js'",
  });
}

function shorten(text: string): string {
  return text.length > 60 ? `${text.slice(0, 57)}...` : text;
}

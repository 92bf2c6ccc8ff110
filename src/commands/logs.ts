import type { DynoLogLine } from "../operations/operations.ts";
import { defineStream } from "./command.ts";
import { appName, flag, many, optional, text, wholeNumber } from "./input.ts";

const defaultLines = 100;
const colours = [36, 33, 32, 35, 31];

export const logs = defineStream({
  name: "logs",
  effect: "reads",
  summary: "Show what an app has written to its log, and what the router tells of its requests",
  input: {
    app: appName,
    tail: flag,
    num: optional(wholeNumber("number of lines", 0, 1_000_000)),
    ps: many(text),
    raw: flag,
  },
  positionals: ["app"],
  options: {
    tail: { flags: "-t, --tail", summary: "Go on with new lines as they come" },
    num: { flags: "-n, --num <num>", summary: `Begin with so many of the last lines (${defaultLines})` },
    ps: { flags: "-p, --ps <process>", summary: "Only of this process: web, or web.1; router for requests" },
    raw: { flags: "-q, --quiet", summary: "Lines as the app wrote them, without time and dyno" },
  },
  run: ({ app, tail, num, ps }, { operations, job }) =>
    operations.logs({ app, processes: ps, lines: num ?? defaultLines, follow: tail, signal: job.signal }),
  present: (line, out, { raw }) => {
    if (raw) return out.text(line.text);
    const prefix = `${line.time} ${line.source === "router" ? "berth" : "app"}[${line.dyno}]:`;
    out.text(`${out.terminal ? coloured(prefix, line.dyno) : prefix} ${line.text}`);
  },
  json: ({ time, source, dyno, stream, text }: DynoLogLine) => ({ time, source, dyno, stream, text }),
});

/** Dynos differ in colour, and each keeps its own. */
function coloured(prefix: string, dyno: string): string {
  let sum = 0;
  for (const letter of dyno) sum += letter.codePointAt(0) ?? 0;
  return `\x1b[${colours[sum % colours.length]}m${prefix}\x1b[0m`;
}

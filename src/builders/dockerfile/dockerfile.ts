/** What Berth itself must know of a Dockerfile; all else is the engine's to read. */
export interface Dockerfile {
  /** Names that an ARG declares, in any stage. */
  readonly args: ReadonlySet<string>;
  /** What stands behind `# syntax=`: the image that reads the file. */
  readonly syntax: string | undefined;
  /** TCP ports that the stage EXPOSEs, in their order; then those of the stages it is made from. */
  exposed(target: string | undefined): number[];
}

interface Stage {
  readonly name: string | undefined;
  readonly from: string;
  readonly ports: number[];
}

export function parseDockerfile(text: string): Dockerfile {
  const args = new Set<string>();
  const stages: Stage[] = [];
  for (const { instruction, rest } of instructions(text)) {
    if (instruction === "FROM") stages.push(readFrom(rest));
    if (instruction === "ARG") for (const name of argNames(rest)) args.add(name);
    if (instruction === "EXPOSE") stages.at(-1)?.ports.push(...rest.split(/\s+/).flatMap(readPort));
  }
  return { args, syntax: directive(text, "syntax"), exposed: (target) => exposedBy(stages, target) };
}

/** Without its `# syntax=`, for an engine that cannot fetch that image. Lines keep their numbers. */
export function withoutSyntax(text: string): string {
  return text.replace(/^(\s*#\s*)syntax(\s*=)/im, "$1syntax-not-fetched$2");
}

export interface Instruction {
  /** In capitals. */
  readonly instruction: string;
  readonly rest: string;
  /** The one it begins in, counted from 0. */
  readonly line: number;
}

export function* instructions(text: string): Generator<Instruction> {
  const continuation = directive(text, "escape") === "`" ? "`" : "\\";
  let pending = "";
  let documents: string[] = [];
  let begin = 0;
  for (const [number, raw] of text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .entries()) {
    if (documents.length > 0) {
      if (raw.replace(/^\t+/, "") === documents[0]) documents = documents.slice(1);
      continue;
    }
    const line = raw.trim();
    if (line === "" || line.startsWith("#")) continue;
    if (pending === "") begin = number;
    if (line.endsWith(continuation)) {
      pending += `${line.slice(0, -1)} `;
      continue;
    }
    const [, instruction, rest] = /^([A-Za-z]+)\s+(.*)$/.exec(`${pending}${line}`) ?? [];
    pending = "";
    if (instruction !== undefined && rest !== undefined) {
      documents = /^(RUN|COPY|ADD)$/i.test(instruction) ? heredocs(rest) : [];
      yield { instruction: instruction.toUpperCase(), rest: rest.trim(), line: begin };
    }
  }
}

/** Of `<<EOF`, with or without quotes: what ends the lines that follow, of which a `from x import y` is no FROM. */
function heredocs(rest: string): string[] {
  return [...rest.matchAll(/(?:^|\s)\d*<<-?(["']?)([A-Za-z_][\w.-]*)\1(?=$|[\s;|&>])/g)].flatMap(
    ([, , end]) => end ?? [],
  );
}

/** Parser directives are comments before anything else (Dockerfile reference, "Parser directives"). */
function directive(text: string, name: string): string | undefined {
  for (const line of text.replace(/^\uFEFF/, "").split(/\r?\n/)) {
    const [, key, value] = /^\s*#\s*([A-Za-z]+)\s*=(.*)$/.exec(line) ?? [];
    if (key === undefined) return undefined;
    if (key.toLowerCase() === name) return value?.trim();
  }
  return undefined;
}

function readFrom(rest: string): Stage {
  const words = rest.split(/\s+/).filter((word) => !word.startsWith("--"));
  const [from = "", as = "", name] = words;
  return { from, name: as.toUpperCase() === "AS" ? name : undefined, ports: [] };
}

function argNames(rest: string): string[] {
  return [...rest.matchAll(/(?:^|\s)([A-Za-z_]\w*)(?==|\s|$)/g)].flatMap(([, name]) => name ?? []);
}

/** `8080`, `8080/tcp`, the first of `8000-8010`; nothing for udp and for what has a variable in it. */
function readPort(word: string): number[] {
  const [, port, protocol = "tcp"] = /^(\d+)(?:-\d+)?(?:\/(\w+))?$/.exec(word) ?? [];
  return port === undefined || protocol.toLowerCase() !== "tcp" ? [] : [Number(port)];
}

function exposedBy(stages: readonly Stage[], target: string | undefined): number[] {
  const named = (name: string) =>
    stages.findIndex((stage, index) => stage.name?.toLowerCase() === name.toLowerCase() || String(index) === name);
  const ports: number[] = [];
  let at = target === undefined ? stages.length - 1 : named(target);
  while (at >= 0) {
    const stage = stages[at];
    ports.push(...(stage?.ports ?? []));
    const below = stage === undefined ? -1 : named(stage.from);
    // A stage is made from an earlier one or from an image of that name.
    at = below < at ? below : -1;
  }
  return ports;
}

import { environmentName, type Setting, settingList } from "./schema.ts";

export const referenceBegin = "<!-- config:begin -->";
export const referenceEnd = "<!-- config:end -->";

/** The settings as Markdown, for the README. */
export function configReference(): string {
  const rows = [...settingList].map(([name, setting]) =>
    row([`\`${name}\``, shownDefault(setting), setting.description, setting.rule.allowed]),
  );
  return [
    "Each setting is a key in `berth.yml` in the root (or the file given with `--config`), a flag of `berth serve`, and",
    "an environment variable: `ssh-port: 2222`, `--ssh-port 2222`, `BERTH_SSH_PORT=2222`. A flag wins over the",
    `environment, the environment over the file. ${outsideFile()} cannot be in the file.`,
    "",
    row(["Setting", "Default", "Meaning", "Allowed"]),
    row(["---", "---", "---", "---"]),
    ...rows,
    "",
    "```yaml",
    ...exampleFile(),
    "```",
  ].join("\n");
}

/** The README with its reference replaced by the current one. Throws where the markers are missing. */
export function withConfigReference(readme: string): string {
  const begin = readme.indexOf(referenceBegin);
  const end = readme.indexOf(referenceEnd);
  if (begin < 0 || end < begin) throw new Error(`README.md needs ${referenceBegin} and ${referenceEnd}`);
  return `${readme.slice(0, begin + referenceBegin.length)}\n${configReference()}\n${readme.slice(end)}`;
}

/** The settings as plain text, for `berth serve --help`. */
export function configHelp(): string[] {
  return [...settingList].flatMap(([name, setting]) => [
    `    --${name} (${environmentName(name)}, default: ${setting.default ?? setting.fallback?.text ?? setting.inherits?.[0] ?? "none"})`,
    `        ${setting.description}`,
  ]);
}

function exampleFile(): string[] {
  return [...settingList]
    .filter(([, setting]) => !setting.outsideFile)
    .map(
      ([name, setting]) =>
        `${name}: ${/^:|^[-?*&!|>%@`#]/.test(setting.example) ? `"${setting.example}"` : setting.example}`,
    );
}

function outsideFile(): string {
  const names = [...settingList].filter(([, setting]) => setting.outsideFile).map(([name]) => `\`${name}\``);
  return names.join(" and ");
}

function shownDefault(setting: Setting<unknown>): string {
  if (setting.default !== undefined) return `\`${setting.default}\``;
  const [variable] = setting.inherits ?? [];
  return setting.fallback?.text ?? (variable === undefined ? "" : `\`${variable}\` of the daemon`);
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

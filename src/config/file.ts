import { readFile } from "node:fs/promises";
import { isMap, isScalar, LineCounter, parseDocument } from "yaml";
import { messageOf, UserError } from "../model/errors.ts";
import { settingList } from "./schema.ts";
import { allowedFor, unknownSetting, type Written, type WrittenSettings } from "./sources.ts";

/** The settings in a YAML file. A missing file has none, unless it is `required`. */
export async function fromFile(path: string, required: boolean): Promise<WrittenSettings> {
  const text = await read(path, required);
  if (text === undefined) return new Map();
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const place = (offset: number | undefined): string =>
    offset === undefined ? `in ${path}` : `in ${path}, line ${lines.linePos(offset).line}`;

  const [problem] = document.errors;
  if (problem !== undefined) {
    throw new UserError("invalid-config-file", `Not valid YAML ${place(problem.pos[0])}: ${problem.message}`);
  }
  if (document.toJS() === null) return new Map();
  if (!isMap(document.contents)) {
    throw new UserError("invalid-config-file", `Expected lines such as 'ssh-port: 2222' ${place(0)}`);
  }

  const found = new Map<string, Written>();
  for (const { key, value } of document.contents.items) {
    const where = place(isScalar(key) ? key.range?.[0] : undefined);
    const name = isScalar(key) ? String(key.value) : String(key);
    const known = settingList.get(name);
    if (known === undefined) throw unknownSetting(name, name, where);
    if (known.outsideFile) {
      throw new UserError("invalid-setting", `${name} cannot be set ${where}`, {
        hint: `Give it as --${name}, or in the environment`,
      });
    }
    found.set(name, { text: textOf(value, name, where), where });
  }
  return found;
}

// What was written counts, not what YAML makes of it: `1e3` is no port, and `10.0` no version.
function textOf(value: unknown, name: string, where: string): string {
  if (isScalar(value) && value.value !== null) {
    return typeof value.value === "string" ? value.value : (value.source ?? String(value.value));
  }
  throw new UserError("invalid-setting", `${name} ${where} needs one value: ${allowedFor(name)}`);
}

async function read(path: string, required: boolean): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === "ENOENT";
    if (missing && !required) return undefined;
    const reason = missing ? "it does not exist" : messageOf(error);
    throw new UserError("unreadable-config-file", `Cannot read the configuration file ${path}: ${reason}`);
  }
}

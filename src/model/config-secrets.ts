import { Mask } from "../lib/mask.ts";
import type { ConfigVars } from "./app.ts";

// Names that say themselves that their value is a secret: a short one counts too.
const secretName = /PASS|PWD|SECRET|TOKEN|KEY|CREDENTIAL|AUTH|PRIVATE|SALT|COOKIE/i;
const shortest = { ofSecretName: 4, ofOthers: 6 };
// Names whose values say how an app is built and run: builds print them, and nobody could read a log without them.
const openName = /_ENV$|_VERSION$|^BUILDPACK_URL$|^LANG$|^LC_|^TZ$/;
// Values that logs are full of for other reasons.
const common =
  /^(?:true|false|yes|no|on|off|none|null|nil|undefined|production|development|staging|testing|test|preview|default|enabled?|disabled?|localhost|debug|info|warn|warning|error|notice|verbose|trace|web|worker|release|public|private|master|main|latest|stable)$/i;
const smallNumber = /^[\d.]{1,5}$/;
const number = /^\d{1,7}[A-Za-z]{0,2}$|^v?\d{1,5}(?:\.\d{1,5}){1,3}$/;

/**
 * Hides the values of config vars, and the password of an address by itself too. Not hidden are values shorter than 6
 * characters (4 if the name says that it is a secret), common words, numbers, versions, and `spared`.
 */
export function maskOf(config: ConfigVars, spared: readonly string[] = []): Mask {
  const secrets: string[] = [];
  for (const [name, value] of Object.entries(config)) {
    const parts = [...(openName.test(name) ? [] : linesOf(value)), ...passwordsOf(value)];
    secrets.push(...parts.filter((part) => isSecret(name, part) && !spared.includes(part)));
  }
  return new Mask(secrets.flatMap(writings));
}

function isSecret(name: string, value: string): boolean {
  if (common.test(value)) return false;
  if (secretName.test(name)) return value.length >= shortest.ofSecretName && !smallNumber.test(value);
  return value.length >= shortest.ofOthers && !number.test(value);
}

/** Output comes by the line, and so does a key in PEM. */
function linesOf(value: string): string[] {
  return value.split(/[\r\n]+/).map((line) => line.trim());
}

/** The password in `postgres://user:password@host/`, as it stands there and decoded. */
function passwordsOf(value: string): string[] {
  const [, password] = /^[a-z][a-z0-9+.-]*:\/\/[^/\s:@]*:([^/\s@]+)@/i.exec(value) ?? [];
  return password === undefined ? [] : [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The value as it is, in a JSON string, and in an address. */
function writings(value: string): string[] {
  return [value, JSON.stringify(value).slice(1, -1), encodeURIComponent(value.toWellFormed())];
}

import { UserError } from "./errors.ts";

const appNamePattern = /^[a-z0-9][a-z0-9.-]*$/;
// An app's name is also a DNS label (or several) under the global domain: RFC 1035 allows 63 octets for one.
const appNameLimit = 63;
const processTypePattern = /^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$/;
const configKeyPattern = /^[A-Za-z_][A-Za-z0-9_]*$/;

/** Returns the name, or throws `invalid-app-name`. The rule and its wording are Dokku's (`dokku-interface`, 2.7). */
export function checkAppName(name: string): string {
  const fits = appNamePattern.test(name) && !name.includes("..") && !/[.-]$/.test(name);
  if (!fits) {
    throw new UserError(
      "invalid-app-name",
      "App name must begin with lowercase alphanumeric character, and may only contain lowercase alphanumerics, dots, and hyphens",
      { hint: `'${name}' does not fit; try for example 'my-app'` },
    );
  }
  if (name.length > appNameLimit) {
    throw new UserError("invalid-app-name", `App name is ${name.length} characters long, ${appNameLimit} is the most`);
  }
  return name;
}

export function isProcessType(text: string): boolean {
  return processTypePattern.test(text);
}

/** Returns the key, or throws `invalid-config-key`. POSIX environment names (POSIX.1-2017, 8.1). */
export function checkConfigKey(key: string): string {
  if (!configKeyPattern.test(key)) {
    throw new UserError("invalid-config-key", `Invalid key name: '${key}'`, {
      hint: "A name has letters, digits and underscores, and does not begin with a digit",
    });
  }
  return key;
}

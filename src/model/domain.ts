import { domainToASCII } from "node:url";
import { UserError } from "./errors.ts";

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;

/** Lower case, punycode, without a trailing dot; throws `invalid-domain`. RFC 1123 names; wildcards come with the router's. */
export function normalizeDomain(text: string): string {
  const ascii = domainToASCII(text.trim().replace(/\.$/, ""));
  const labels = ascii.split(".");
  if (ascii === "" || ascii.length > 253 || !labels.every((part) => label.test(part))) {
    throw new UserError("invalid-domain", `${text} is invalid. exiting...`, {
      hint: "A domain is a host name such as app.example.com, without scheme, port or path",
    });
  }
  return ascii;
}

/** Each once, in the order given. Throws `domain-missing`, `invalid-domain`. */
export function normalizeDomains(domains: readonly string[]): string[] {
  if (domains.length === 0) throw new UserError("domain-missing", "Please specify at least one domain");
  return [...new Set(domains.map(normalizeDomain))];
}

/** The host name that every app has under the global domain; undefined where none is configured. */
export function generatedDomain(app: string, globalDomain: string | undefined): string | undefined {
  return globalDomain === undefined ? undefined : `${app}.${globalDomain}`;
}

import { domainToASCII, domainToUnicode } from "node:url";
import { UserError } from "./errors.ts";

const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/;
// RFC 3986 pchar, without what has a meaning in a domain or would end a word in the log.
const segment = /^(?:[\w~!$'()+,;=@.-]|%[0-9A-F]{2})+$/;
const longestPath = 1024;

/** A domain as the router takes it apart: `*.example.com/api`. */
export interface DomainParts {
  /** `example.com`, `*.example.com`, or `*` for every host that nobody has. */
  readonly host: string;
  /** `/api`; undefined for the whole host. */
  readonly path: string | undefined;
}

/**
 * Lower case, punycode, without a trailing dot; throws `invalid-domain`. RFC 1123 names, wildcards that stand for all that
 * is below a name, `*` alone, and each of them with the beginning of a path.
 */
export function normalizeDomain(text: string): string {
  const { host, path } = splitDomain(text.trim());
  const name = normalizeHost(host);
  const prefix = path === undefined ? "" : normalizePath(path);
  if (name === undefined || prefix === undefined) {
    throw new UserError("invalid-domain", `${text} is invalid. exiting...`, {
      hint: "A domain is a host name such as app.example.com, *.example.com or example.com/path, without scheme and port",
    });
  }
  return name + prefix;
}

/** Each once, in the order given. Throws `domain-missing`, `invalid-domain`. */
export function normalizeDomains(domains: readonly string[]): string[] {
  if (domains.length === 0) throw new UserError("domain-missing", "Please specify at least one domain");
  return [...new Set(domains.map(normalizeDomain))];
}

/** A host name and nothing else, as a global domain is; throws `invalid-domain`. */
export function normalizePlainDomain(text: string): string {
  const domain = normalizeDomain(text);
  if (!isPlain(domain)) {
    throw new UserError("invalid-domain", `${text} is invalid. exiting...`, {
      hint: "Only a host name such as apps.example.com will do here, without wildcard and path",
    });
  }
  return domain;
}

export function splitDomain(domain: string): DomainParts {
  const slash = domain.indexOf("/");
  return slash < 0 ? { host: domain, path: undefined } : { host: domain.slice(0, slash), path: domain.slice(slash) };
}

/** Whether it is one whole host that a client can be sent to. */
export function isPlain(domain: string): boolean {
  return !domain.startsWith("*") && !domain.includes("/");
}

/** For people: a name in another script is shown in it, and as it is kept. */
export function shownDomain(domain: string): string {
  const unicode = unicodeDomain(domain);
  return unicode === domain ? domain : `${unicode} (${domain})`;
}

export function unicodeDomain(domain: string): string {
  if (!domain.includes("xn--")) return domain;
  const { host, path = "" } = splitDomain(domain);
  const wildcard = host.startsWith("*.") ? "*." : "";
  return wildcard + domainToUnicode(host.slice(wildcard.length)) + path;
}

/**
 * The host names that an app has under the global domains. An app whose name is a host under one of them already, or the
 * global domain itself, has that name alone, as with Dokku.
 */
export function generatedDomains(app: string, globalDomains: readonly string[]): string[] {
  if (globalDomains.some((domain) => app === domain || app.endsWith(`.${domain}`))) return [app];
  return hostsBelow(app, globalDomains);
}

export function hostsBelow(app: string, globalDomains: readonly string[]): string[] {
  return globalDomains.map((domain) => `${app}.${domain}`);
}

/** A domain after its app was renamed: names that the app has by its own name move with it, with path and `*.` before them. */
export function renamedDomain(domain: string, names: ReadonlyMap<string, string>): string {
  const { host, path = "" } = splitDomain(domain);
  const wildcard = host.startsWith("*.") ? "*." : "";
  const renamed = names.get(host.slice(wildcard.length));
  return renamed === undefined ? domain : wildcard + renamed + path;
}

function normalizeHost(host: string): string | undefined {
  if (host === "*") return host;
  const wildcard = host.startsWith("*.") ? "*." : "";
  const ascii = domainToASCII(host.slice(wildcard.length).replace(/\.$/, ""));
  const fits = ascii !== "" && ascii.length <= 253 && ascii.split(".").every((part) => label.test(part));
  return fits ? wildcard + ascii : undefined;
}

/** `/` alone is the whole host. */
function normalizePath(path: string): string | undefined {
  const encoded = encodeURI(path)
    .replaceAll("%25", "%")
    .replace(/%[0-9a-f]{2}/gi, (code) => code.toUpperCase());
  const segments = encoded.replace(/\/$/, "").split("/").slice(1);
  if (!segments.every((part) => segment.test(part) && part !== "." && part !== "..")) return undefined;
  const whole = segments.map((part) => `/${part}`).join("");
  return whole.length <= longestPath ? whole : undefined;
}

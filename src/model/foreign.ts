import { normalizeDomain, splitDomain } from "./domain.ts";
import { UserError } from "./errors.ts";
import type { AppRoutes, Target } from "./route.ts";

/** A route that an operator wrote down: to something that is neither an app nor a container that says where it belongs. */
export interface ManualRoute {
  /** As `normalizeDomain` has it. */
  readonly domain: string;
  /** `http://10.0.0.5:8080` */
  readonly url: string;
}

/** Something beside the apps that requests can be led to. */
export interface ForeignRoute {
  /** `container:NAME` or `route:DOMAIN`: with a colon, it can be no app's. */
  readonly name: string;
  readonly domains: readonly string[];
  readonly target: Target;
  /** Unix milliseconds. Where two want one domain, the elder has it; one that was written down has it before any container. */
  readonly since: number;
}

/** Two want one domain. */
export interface Clash {
  readonly domain: string;
  /** Name of the app, or of the foreign route. */
  readonly winner: string;
  readonly loser: string;
}

/** A running container, as far as it says where it wants to be found. */
export interface Guest {
  readonly id: string;
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `KEY=value` */
  readonly env: readonly string[];
  /** TCP ports that its image or its user named. */
  readonly exposedPorts: readonly number[];
  /** Unix milliseconds. */
  readonly createdAt: number;
}

const keys = {
  VIRTUALHOST: "berth.virtualhost",
  ALIAS: "berth.alias",
  PORT: "berth.port",
} as const;

const defaultPort = 80;

/** Undefined for a container that does not ask for requests. `invalid`: what it asked for and cannot have. */
export function wishesOf(guest: Guest): { domains: string[]; port: number; invalid: string[] } | undefined {
  const wanted = words(wish(guest, "VIRTUALHOST"));
  if (wanted.length === 0) return undefined;
  const domains = new Set<string>();
  const invalid: string[] = [];
  for (const word of [...wanted, ...words(wish(guest, "ALIAS"))]) {
    const domain = domainOrUndefined(word);
    if (domain === undefined) invalid.push(word);
    else domains.add(domain);
  }
  const text = wish(guest, "PORT");
  const port = text === undefined ? exposed(guest) : portOf(text);
  if (port === undefined) invalid.push(`PORT=${text}`);
  return { domains: port === undefined ? [] : [...domains], port: port ?? 0, invalid };
}

export function foreignRoutes({ name, target }: ForeignRoute, domains: readonly string[]): AppRoutes {
  const parts = domains.map(splitDomain);
  const paths = parts.flatMap(({ host, path }) => (path === undefined ? [] : [{ host, path }]));
  return {
    app: name,
    hosts: parts.filter(({ path }) => path === undefined).map(({ host }) => host),
    targets: [target],
    release: undefined,
    ...(paths.length > 0 && { paths }),
  };
}

export function manualRoute({ domain, url }: ManualRoute): ForeignRoute {
  const { hostname, port } = new URL(url);
  // An IPv6 address is in brackets in an address bar only.
  const address = hostname.replace(/^\[|\]$/g, "");
  // A slash would be one in the name of the route's log.
  const name = `route:${domain.replaceAll("/", ":")}`;
  return {
    name,
    domains: [domain],
    target: { id: `${name} ${url}`, dyno: "route", address, port: Number(port || defaultPort) },
    since: 0,
  };
}

/** `http://HOST[:PORT]`, as `manualRoute` takes it. Throws `invalid-url`. */
export function normalizeRouteUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const isPlain =
    url !== undefined && url.pathname === "/" && url.search + url.hash + url.username + url.password === "";
  if (url?.protocol === "http:" && isPlain && url.port !== "0") return url.origin;
  throw new UserError("invalid-url", `${text} is no address that requests can be led to`, {
    hint: "Give http://HOST or http://HOST:PORT, without path: that is the request's own",
  });
}

function wish({ labels, env }: Guest, key: keyof typeof keys): string | undefined {
  const label = labels[keys[key]];
  if (label !== undefined) return label;
  return env.find((line) => line.startsWith(`${key}=`))?.slice(key.length + 1);
}

function words(text = ""): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

function domainOrUndefined(word: string): string | undefined {
  try {
    return normalizeDomain(word);
  } catch {
    return undefined;
  }
}

function exposed({ exposedPorts }: Guest): number {
  const [only, ...others] = exposedPorts;
  return only !== undefined && others.length === 0 ? only : defaultPort;
}

function portOf(text: string): number | undefined {
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port >= 1 && port <= 65_535 ? port : undefined;
}

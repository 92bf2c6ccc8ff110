import { createHash } from "node:crypto";
import { isNetwork } from "../lib/address-list.ts";
import { parseDuration } from "../lib/duration.ts";
import { hashPassword, isPasswordHash } from "../lib/password-hash.ts";
import { parseSize } from "../lib/size.ts";
import { lineLimits } from "../model/route.ts";
import type { PropertyKey } from "./operations.ts";
import type { Property } from "./property.ts";

type ProxyKey = Exclude<Extract<PropertyKey, `proxy.${string}`>, "proxy.https-redirect">;

// Longer than that and setTimeout would fire at once.
const longestMs = 2 ** 31 - 1;
const rulePattern = /^([1-9]\d{0,6})\/([smh])$/;
const rateUnitMs: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000 };

/** What an app's owner can switch at the router, as it is typed. Empty is off. */
export const proxyProperties: Readonly<Record<ProxyKey, Property>> = {
  "proxy.allow": orOff(networks()),
  "proxy.deny": orOff(networks()),
  "proxy.backend-protocol": {
    check: (text) => ["http", "h2c"].includes(text),
    rule: "http (HTTP/1.1) or h2c (HTTP/2 without TLS, as gRPC servers speak it)",
    fallback: () => "http",
    isRouted: true,
  },
  "proxy.balancing": {
    check: (text) => ["least-connections", "round-robin", "random-two", "ip-hash"].includes(text),
    rule: "one of least-connections, round-robin, random-two, ip-hash",
    fallback: () => "least-connections",
    isRouted: true,
  },
  "proxy.basic-auth": orOff({
    check: (text) => isUsers(text),
    rule: "NAME:PASSWORD, or several with spaces between them",
    fallback: () => "",
    isRouted: true,
    secret: { seal: sealUsers, show: (kept) => Object.keys(usersOf(kept)).join(" ") },
  }),
  "proxy.body-limit": {
    check: (text) => parseSize(text) !== undefined,
    rule: "a size such as 50m, or 0 for no limit",
    fallback: () => "0",
    isRouted: true,
  },
  "proxy.compression": yesOrNo("false"),
  "proxy.connect-timeout": time("5s"),
  "proxy.first-byte-timeout": time("30s"),
  "proxy.idle-timeout": time("55s"),
  "proxy.connection-limit": orOff(count("a number of requests")),
  "proxy.debug-token": orOff({
    check: (text) => /^[\x21-\x7e]{16,256}$/.test(text),
    rule: "at least 16 characters without spaces",
    fallback: () => "",
    isRouted: true,
    secret: { seal: async (text) => createHash("sha256").update(text).digest("hex"), show: () => "*******" },
  }),
  "proxy.header-limit": {
    check: (text) => {
      const bytes = parseSize(text);
      return bytes !== undefined && bytes >= lineLimits.usual && bytes <= lineLimits.highest;
    },
    rule: "a size from 8k to 64k",
    fallback: () => "8k",
    isRouted: true,
  },
  "proxy.paused": time(""),
  "proxy.rate-limit": orOff({
    check: (text) => parseRate(text) !== undefined,
    rule: "a number of requests per second, minute or hour, such as 10/s or 300/m",
    fallback: () => "",
    isRouted: true,
  }),
  "proxy.rate-burst": count("a number of requests that may come at once"),
  "proxy.request-buffering": yesOrNo("false"),
  "proxy.sticky-sessions": yesOrNo("false"),
  "proxy.websocket-grace": { ...time(""), isRouted: false },
};

/** What an app says that is not to have what all apps have. */
export const off = "off";

function orOff(property: Property): Property {
  const { check, rule, secret } = property;
  return {
    ...property,
    check: (text) => text === off || check(text),
    rule: `${rule}, or off`,
    ...(secret && {
      secret: {
        seal: async (text) => (text === off ? text : secret.seal(text)),
        show: (kept) => (kept === off ? kept : secret.show(kept)),
      },
    }),
  };
}

export function yesOrNo(fallback: "true" | "false"): Property {
  return {
    check: (text) => text === "true" || text === "false",
    rule: "true or false",
    fallback: () => fallback,
    isRouted: true,
  };
}

export function words(text: string): string[] {
  return text.split(/[\s,]+/).filter((word) => word !== "");
}

export function parseRate(text: string): { count: number; perMs: number } | undefined {
  const [, number, unit = ""] = rulePattern.exec(text) ?? [];
  return number === undefined ? undefined : { count: Number(number), perMs: rateUnitMs[unit] ?? 0 };
}

/** Name -> hash, of what is kept. */
export function usersOf(kept: string): Record<string, string> {
  return Object.fromEntries(kept.split(" ").map(splitUser));
}

function isUsers(text: string): boolean {
  const users = spaced(text);
  return users.length > 0 && users.every(isUser);
}

/** A password may have commas. */
function spaced(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== "");
}

function isUser(text: string): boolean {
  const [name, password] = splitUser(text);
  return name !== "" && password !== "" && !/[\p{Cc}]/u.test(text);
}

/** A password may have colons, a name not. */
function splitUser(text: string): [string, string] {
  const colon = text.indexOf(":");
  return colon < 0 ? [text, ""] : [text.slice(0, colon), text.slice(colon + 1)];
}

/** What is hashed already stays: it may come from another host. */
async function sealUsers(text: string): Promise<string> {
  const sealed = spaced(text).map(async (word) => {
    const [name, password] = splitUser(word);
    return `${name}:${isPasswordHash(password) ? password : await hashPassword(password)}`;
  });
  return (await Promise.all(sealed)).join(" ");
}

function networks(): Property {
  return {
    check: (text) => words(text).every(isNetwork) && words(text).length > 0,
    rule: "addresses and networks such as '192.0.2.7 10.0.0.0/8 2001:db8::/32'",
    fallback: () => "",
    isRouted: true,
  };
}

function time(fallback: string): Property {
  return {
    check: (text) => {
      const ms = parseDuration(text);
      return ms !== undefined && ms > 0 && ms <= longestMs;
    },
    rule: "a duration such as 30s, 5m or 1h",
    fallback: () => fallback,
    isRouted: true,
  };
}

function count(what: string): Property {
  return { check: (text) => /^[1-9]\d{0,6}$/.test(text), rule: what, fallback: () => "", isRouted: true };
}

import { isIP } from "node:net";
import { isAbsolute, resolve } from "node:path";
import { isNetwork } from "../lib/address-list.ts";
import { parseDuration } from "../lib/duration.ts";
import { parseSize } from "../lib/size.ts";

/** What values a setting takes. `parse` gives undefined for a text that does not fit; `allowed` completes "allowed is ...". */
export interface Rule<T> {
  readonly allowed: string;
  parse(text: string): T | undefined;
}

export const port: Rule<number> = {
  allowed: "a port number from 0 to 65535 (0: any free port)",
  parse: (text) => wholeNumber(text, 0, 65535),
};

export function count(least: number, most: number): Rule<number> {
  return { allowed: `a whole number from ${least} to ${most}`, parse: (text) => wholeNumber(text, least, most) };
}

export function oneOf<const T extends string>(values: readonly T[]): Rule<T> {
  return { allowed: `one of ${values.join(", ")}`, parse: (text) => values.find((value) => value === text) };
}

// Longer than that and setTimeout would fire at once.
const longestMs = 2 ** 31 - 1;

/** Result in milliseconds. */
export const duration: Rule<number> = {
  allowed: "a duration such as 30s, 5m or 1h, or a number of seconds",
  parse: (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && ms <= longestMs ? ms : undefined;
  },
};

/** Result in bytes. */
export const size: Rule<number> = {
  allowed: "a size such as 512m or 2g",
  parse: parseSize,
};

export const cores: Rule<number> = {
  allowed: "a number of cores such as 1.5, at least 0.1",
  parse: (text) => (/^\d{1,3}(\.\d{1,2})?$/.test(text) && Number(text) >= 0.1 ? Number(text) : undefined),
};

export const path: Rule<string> = {
  allowed: "a path",
  parse: (text) => (text === "" || text.includes("\0") ? undefined : resolve(text)),
};

/** In a file there is no telling what a relative path would start from. */
export const absolutePath: Rule<string> = {
  allowed: "an absolute path",
  parse: (text) => (isAbsolute(text) && !text.includes("\0") ? resolve(text) : undefined),
};

const label = /^[a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9_])?$/;

/** Result in lower case. */
export const domain: Rule<string> = {
  allowed: "a domain name such as apps.example.com",
  parse: (text) => {
    const name = text.toLowerCase();
    const fits = name.length <= 253 && isIP(name) === 0 && name.split(".").every((part) => label.test(part));
    return fits ? name : undefined;
  },
};

export const address: Rule<string> = {
  allowed: "an IP address such as 0.0.0.0, :: or 127.0.0.1, or localhost",
  parse: (text) => (isIP(text) !== 0 || text === "localhost" ? text : undefined),
};

/** Result with commas only. */
export const networks: Rule<string> = {
  allowed: "addresses and networks with commas between, such as 10.0.0.0/8,192.0.2.7",
  parse: (text) => {
    const all = text.split(",").map((network) => network.trim());
    return all.every(isNetwork) ? all.join(",") : undefined;
  },
};

export interface HostService {
  /** Undefined: every address of the host. */
  readonly address: string | undefined;
  readonly port: number;
  readonly protocol: "tcp" | "udp";
}

/** `all`, or the services that are open. */
export const hostServices: Rule<"all" | readonly HostService[]> = {
  allowed: "none, all, or [ADDRESS:]PORT[/udp] with commas between, such as 5432,192.0.2.7:53/udp",
  parse: (text) => {
    if (text === "all" || text === "none") return text === "all" ? text : [];
    const services = text.split(",").map((service) => hostService(service.trim()));
    return services.every((service) => service !== undefined) ? services : undefined;
  },
};

function hostService(text: string): HostService | undefined {
  const [, address, digits = "", protocol] = /^(?:([\d.]+):)?(\d+)(?:\/(tcp|udp))?$/.exec(text) ?? [];
  const number = wholeNumber(digits, 1, 65535);
  if (number === undefined || (address !== undefined && isIP(address) !== 4)) return undefined;
  return { address, port: number, protocol: protocol === "udp" ? "udp" : "tcp" };
}

export const image: Rule<string> = {
  allowed: "an image reference such as name:tag",
  parse: (text) => (/^[a-z0-9][a-zA-Z0-9._:/@-]{0,254}$/.test(text) ? text : undefined),
};

export const branch: Rule<string> = {
  allowed: "a branch name such as main",
  // What git-check-ref-format(1) allows, without its rarer letters.
  parse: (text) =>
    /^[A-Za-z0-9_][A-Za-z0-9_./+-]{0,200}$/.test(text) && !/\.\.|\/\/|\/\.|[./]$|\.lock(\/|$)/.test(text)
      ? text
      : undefined,
};

const plainText = /^[\x21-\x7e]+$/;

/** Without the words that break out of a line of configuration: these addresses end up in several tools' files. */
export const webAddress: Rule<string> = {
  allowed: "an address such as https://mirror.example.com/path",
  parse: (text) => (isAddress(text, /^https?:$/) ? text : undefined),
};

export const proxyAddress: Rule<string> = {
  allowed: "an address such as http://proxy.example.com:3128",
  // Without a scheme it is taken for http, as curl does.
  parse: (text) => [text, `http://${text}`].find((address) => isAddress(address, /^https?:$/)),
};

export const indexAddress: Rule<string> = {
  allowed:
    "an address such as https://mirror.example.com/index/, with sparse+ or registry+ before it where that is needed",
  parse: (text) => (isAddress(text.replace(/^(sparse|registry)\+/, ""), /^https?:$/) ? text : undefined),
};

export const goProxies: Rule<string> = {
  allowed: "addresses, direct or off, with commas between, such as https://go.example.com,direct",
  parse: (text) =>
    text.split(/[,|]/).every((one) => one === "direct" || one === "off" || isAddress(one, /^(https?|file):$/))
      ? text
      : undefined,
};

export const checksumDatabase: Rule<string> = {
  allowed: "off, or a database such as sum.golang.org, with its address after a space where it has a mirror",
  parse: (text) => (/^[A-Za-z0-9.+/=_-]+( https?:\/\/[\x21-\x7e]+)?$/.test(text) ? text : undefined),
};

export const buildpackAddress: Rule<string> = {
  allowed: "a path or an address with NAME in it, such as https://git.example.com/heroku-buildpack-NAME.git",
  parse: (text) => {
    const fits = text.includes("NAME") && (isAbsolute(text) || isAddress(text, /^(https?|git|ssh|file):$/));
    return fits && plainText.test(text) ? text : undefined;
  },
};

export const hostList: Rule<string> = {
  allowed: "host names and addresses with commas between, such as localhost,.example.com",
  parse: (text) => (/^[A-Za-z0-9.:/*[\]_ ,-]+$/.test(text) ? text.replace(/[\s,]+/g, ",") : undefined),
};

/** Result: pairs of what an address begins with and what is put in its place. */
export const replacements: Rule<readonly { readonly from: string; readonly to: string }[]> = {
  allowed: "pairs such as https://github.com/=https://git.example.com/, with spaces between",
  parse: (text) => {
    const pairs = text.trim().split(/\s+/).map(replacement);
    return pairs.every((pair) => pair !== undefined) ? pairs : undefined;
  },
};

function replacement(pair: string): { from: string; to: string } | undefined {
  const [, from, to] = /^([^=]+)=(.+)$/.exec(pair) ?? [];
  const both = from !== undefined && to !== undefined && plainText.test(pair);
  return both ? { from, to } : undefined;
}

function isAddress(text: string, schemes: RegExp): boolean {
  const url = plainText.test(text) && !/["'<>\\^`{|}]/.test(text) ? URL.parse(text) : null;
  return url !== null && schemes.test(url.protocol);
}

function wholeNumber(text: string, least: number, most: number): number | undefined {
  if (!/^\d{1,15}$/.test(text)) return undefined;
  const number = Number(text);
  return number >= least && number <= most ? number : undefined;
}

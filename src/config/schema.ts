import { availableParallelism, totalmem } from "node:os";
import { logLevels } from "../lib/logger.ts";
import { dynoLimits } from "../model/dyno-limits.ts";
import { defaultRoot } from "./environment.ts";
import {
  absolutePath,
  address,
  branch,
  buildpackAddress,
  checksumDatabase,
  cores,
  count,
  domain,
  duration,
  goProxies,
  hostList,
  hostServices,
  image,
  indexAddress,
  networks,
  oneOf,
  path,
  port,
  proxyAddress,
  type Rule,
  replacements,
  size,
  webAddress,
} from "./rules.ts";

/**
 * One setting. Its name is the key in the file, `--name` on the command line and BERTH_NAME in the environment.
 * A default is written as the user would write it; where it depends on the machine, `fallback` says how.
 */
export interface Setting<T> {
  readonly rule: Rule<T>;
  readonly description: string;
  readonly example: string;
  readonly default?: string;
  readonly fallback?: { readonly text: string; readonly value: () => string };
  /** Variables that other programs know too: the first that is set counts where nothing else says a value. */
  readonly inherits?: readonly string[];
  /** True for what says where the file is, and so cannot be in it. */
  readonly outsideFile?: boolean;
}

/** Has a value in any case. */
type Given =
  | { readonly default: string }
  | { readonly fallback: { readonly text: string; readonly value: () => string } };

function setting<T, D extends Omit<Setting<T>, "rule">>(
  rule: Rule<T>,
  documentation: D,
): D & { readonly rule: Rule<T> } {
  return { ...documentation, rule };
}

export const schema = {
  root: setting(path, {
    description: "Folder that holds all state. Several daemons run side by side when each has its own.",
    default: defaultRoot,
    example: "/var/lib/berth",
    outsideFile: true,
  }),
  config: setting(path, {
    description: "The configuration file. Without this, berth.yml in the root is read where it exists.",
    example: "/etc/berth.yml",
    outsideFile: true,
  }),
  domain: setting(domain, {
    description: "Global domain: each app answers under APP.DOMAIN. Point a wildcard DNS record at this machine.",
    example: "apps.example.com",
  }),
  "ssh-host": setting(address, {
    description: "Address on which git pushes and commands are accepted.",
    default: "0.0.0.0",
    example: "127.0.0.1",
  }),
  "ssh-port": setting(port, {
    description: "Port on which git pushes and commands are accepted.",
    default: "2222",
    example: "2222",
  }),
  "http-host": setting(address, {
    description: "Address on which the router takes web traffic.",
    default: "0.0.0.0",
    example: "::",
  }),
  "http-port": setting(port, { description: "Port for plain HTTP.", default: "80", example: "8080" }),
  "https-port": setting(port, {
    description: "Port for HTTPS: HTTP/1.1 and HTTP/2.",
    default: "443",
    example: "8443",
  }),
  "dns-hook": setting(absolutePath, {
    description:
      "Program that sets DNS records, for certificates of wildcard domains: it is called with present or cleanup, a name and the value of its TXT record, and ends when that can be seen.",
    example: "/usr/local/bin/set-dns-record",
  }),
  "docker-socket": setting(absolutePath, {
    description: "Socket of the Docker engine.",
    default: "/var/run/docker.sock",
    example: "/run/user/1000/docker.sock",
  }),
  "log-level": setting(oneOf(logLevels), {
    description: "The least serious messages that are logged.",
    default: "info",
    example: "debug",
  }),
  "log-format": setting(oneOf(["auto", "json", "pretty"]), {
    description: "How log lines look. `auto` is pretty on a terminal and JSON elsewhere.",
    default: "auto",
    example: "json",
  }),
  "trusted-proxies": setting(networks, {
    description:
      "Addresses and networks of proxies before this machine. What they say of where a request comes from, in X-Forwarded-For and its kin, is believed. Read again on SIGHUP (systemctl reload berth), without a restart.",
    example: "10.0.0.0/8,2001:db8::/32",
  }),
  "proxy-protocol": setting(oneOf(["off", "on"]), {
    description:
      "With on, every connection to the HTTP and HTTPS ports must begin with a PROXY header (version 1 or 2), from a trusted proxy where trusted-proxies is set.",
    default: "off",
    example: "on",
  }),
  "router-workers": setting(count(1, 256), {
    description: "Number of router processes that share the HTTP port.",
    fallback: { text: "number of cores", value: () => String(availableParallelism()) },
    example: "2",
  }),
  "metrics-port": setting(port, {
    description:
      "Port on 127.0.0.1 where GET /metrics answers with what the router has counted, for Prometheus. Closed without this.",
    example: "9180",
  }),
  "run-image": setting(image, {
    description: "Image in which apps run.",
    default: "berth/run:1",
    example: "berth/run:1",
  }),
  "build-image": setting(image, {
    description: "Image in which apps are built: the run image and compilers.",
    default: "berth/build:1",
    example: "berth/build:1",
  }),
  "dyno-host-access": setting(hostServices, {
    description:
      "Services of this machine that the processes of apps and builds may use: a port at all its addresses, or at one, also a link-local one such as 169.254.169.254:80. The router, name servers, and mirrors and proxies of these settings are open in any case.",
    default: "none",
    example: "5432,192.0.2.7:8125/udp",
  }),
  "dyno-memory": setting(size, {
    description: "Memory that one process of an app may use; one that needs more is killed.",
    fallback: {
      text: "the memory less a fifth for the host (384m to 2g), at least half",
      value: () => String(dynoLimits(machine()).memoryBytes),
    },
    example: "1g",
  }),
  "dyno-cpus": setting(cores, {
    description: "Cores that one process of an app may use.",
    fallback: {
      text: "nine tenths of the cores, all but half a core from 5 on",
      value: () => String(dynoLimits(machine()).cpus),
    },
    example: "1.5",
  }),
  "ca-file": setting(absolutePath, {
    description:
      "Certificates that builds trust besides those of their image, for networks whose proxy opens TLS. Without this, /etc/ssl/certs/ca-certificates.crt is used where it exists.",
    example: "/etc/ssl/certs/ca-certificates.crt",
  }),
  "ca-in-apps": setting(oneOf(["no", "yes"]), {
    description:
      "Whether the processes of apps trust the certificates in ca-file too. With no, they trust what their image trusts.",
    default: "no",
    example: "yes",
  }),
  "npm-registry": setting(webAddress, {
    description: "Registry from which builds get npm packages, and Node.js itself.",
    inherits: ["npm_config_registry"],
    example: "https://mirror.example.com/npm/",
  }),
  "pypi-index": setting(webAddress, {
    description: "Index from which builds get Python packages.",
    inherits: ["PIP_INDEX_URL"],
    example: "https://mirror.example.com/pypi/simple",
  }),
  "go-proxy": setting(goProxies, {
    description: "Proxies from which builds get Go modules and Go itself.",
    inherits: ["GOPROXY"],
    example: "https://mirror.example.com/go,direct",
  }),
  "go-sumdb": setting(checksumDatabase, {
    description: "Database against which builds check Go modules.",
    inherits: ["GOSUMDB"],
    example: "off",
  }),
  "maven-mirror": setting(webAddress, {
    description: "Repository that builds with Maven and Gradle use in place of Maven Central.",
    example: "https://mirror.example.com/maven2",
  }),
  "crates-index": setting(indexAddress, {
    description: "Index that builds with Cargo use in place of crates.io.",
    example: "sparse+https://mirror.example.com/crates/",
  }),
  "rubygems-mirror": setting(webAddress, {
    description: "Server that builds with Bundler use in place of rubygems.org.",
    example: "https://mirror.example.com/rubygems/",
  }),
  "packagist-mirror": setting(webAddress, {
    description: "Repository that builds with Composer use in place of packagist.org.",
    example: "https://mirror.example.com/packagist",
  }),
  "apt-mirror": setting(webAddress, {
    description:
      "Server from which builds get Debian or Ubuntu packages. It takes the place of host name and scheme in the image's package sources.",
    example: "http://mirror.example.com",
  }),
  "git-mirrors": setting(replacements, {
    description: "Servers that take the place of others wherever builds and Berth itself fetch with git.",
    example: "https://github.com/=https://git.example.com/github/",
  }),
  "http-proxy": setting(proxyAddress, {
    description: "Proxy by which builds and Berth itself reach http addresses.",
    inherits: ["http_proxy", "HTTP_PROXY"],
    example: "http://proxy.example.com:3128",
  }),
  "https-proxy": setting(proxyAddress, {
    description: "Proxy by which builds and Berth itself reach https addresses.",
    inherits: ["https_proxy", "HTTPS_PROXY"],
    example: "http://proxy.example.com:3128",
  }),
  "no-proxy": setting(hostList, {
    description: "Hosts that are reached without a proxy.",
    inherits: ["no_proxy", "NO_PROXY"],
    example: "localhost,.example.com",
  }),
  "official-buildpacks": setting(buildpackAddress, {
    description:
      "Where heroku/NAME is found: a git repository, an archive or a path of this host, with NAME in its address.",
    default: "https://github.com/heroku/heroku-buildpack-NAME.git",
    example: "https://git.example.com/buildpacks/heroku-buildpack-NAME.git",
  }),
  "buildpack-detection": setting(oneOf(["own", "official"]), {
    description: "Which buildpacks are asked whether they fit an app that names none: Berth's own or Heroku's.",
    default: "own",
    example: "official",
  }),
  "deploy-branch": setting(branch, {
    description: "Branch that is deployed when it is pushed. Without this, main or master.",
    example: "main",
  }),
  "keep-releases": setting(count(2, 1000), {
    description: "How many releases of each app keep their image, to roll back to.",
    default: "10",
    example: "5",
  }),
  "build-timeout": setting(duration, {
    description: "A build that takes longer is cancelled.",
    default: "30m",
    example: "1h",
  }),
  "build-cpus": setting(cores, {
    description: "Cores that one build may use. Running apps come first in any case.",
    fallback: {
      text: "three quarters of the cores, at least 1",
      value: () => String(Math.max(1, availableParallelism() * 0.75)),
    },
    example: "1.5",
  }),
  "build-memory": setting(size, {
    description: "Memory that one build may use; one that needs more is killed.",
    fallback: {
      text: "three quarters of the memory",
      value: () => String(Math.floor(totalmem() * 0.75)),
    },
    example: "2g",
  }),
  "builds-at-once": setting(count(1, 256), {
    description: "How many builds may run at the same time; others wait.",
    fallback: {
      text: "half the number of cores, at least 1",
      value: () => String(Math.max(1, Math.floor(availableParallelism() / 2))),
    },
    example: "2",
  }),
  "min-free-disk": setting(size, {
    description: "No build is begun where less disk space is free.",
    default: "1g",
    example: "5g",
  }),
  "health-timeout": setting(duration, {
    description: "How long a new web process may take until it accepts connections.",
    default: "60s",
    example: "2m",
  }),
  "drain-timeout": setting(duration, {
    description: "How long open requests may go on in processes that a deploy has replaced.",
    default: "30s",
    example: "2m",
  }),
  "stop-timeout": setting(duration, {
    description: "How long a process has between SIGTERM and SIGKILL.",
    default: "30s",
    example: "10s",
  }),
  "shutdown-timeout": setting(duration, {
    description: "How long builds may go on after the daemon is told to stop; then they are cancelled.",
    default: "30s",
    example: "5m",
  }),
  "ssh-login-attempts": setting(count(1, 100), {
    description: "How many keys a client may offer before it is disconnected.",
    default: "10",
    example: "6",
  }),
  "ssh-login-timeout": setting(duration, {
    description: "How long a client may take to log in.",
    default: "30s",
    example: "1m",
  }),
  "ssh-connections": setting(count(1, 100_000), {
    description:
      "How many logged-in ssh connections may be open at the same time, half of them from one address. Those that have not logged in are counted apart.",
    default: "100",
    example: "500",
  }),
  "ssh-idle-timeout": setting(duration, {
    description: "An ssh connection on which nothing runs is closed after this time.",
    default: "5m",
    example: "15m",
  }),
};

function machine() {
  return { memoryBytes: totalmem(), cores: availableParallelism() };
}

type Schema = typeof schema;
export type SettingName = keyof Schema;

type CamelCase<S extends string> = S extends `${infer Head}-${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;
type ValueOf<S> = S extends { readonly rule: Rule<infer T> } ? (S extends Given ? T : T | undefined) : never;

/** The settings in force: names in camel case, durations in milliseconds. */
export type Settings = { readonly [Name in SettingName as CamelCase<Name>]: ValueOf<Schema[Name]> };

/** The same settings for code that goes through all of them. */
export const settingList: ReadonlyMap<string, Setting<unknown>> = new Map(Object.entries<Setting<unknown>>(schema));

export function environmentName(name: string): string {
  return `BERTH_${name.replaceAll("-", "_").toUpperCase()}`;
}

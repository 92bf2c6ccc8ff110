import { gradleInit, mavenSettings } from "./java-files.ts";
import type { BuildNetwork, PlacedFile } from "./network.ts";

/** The home folder of builds. It is no part of the app's image. */
const home = "/app";

/**
 * Files for tools that are told by a file. Each is where the tool's own defaults of a machine or a user are, so that what
 * an app has of its own wins.
 */
export function toolFiles(network: BuildNetwork): PlacedFile[] {
  return [
    ...file("/etc/npmrc", network.npmRegistry, (url) => `registry=${withSlash(url)}\n`),
    // Not every package manager knows the one above.
    ...file(`${home}/.npmrc`, network.npmRegistry, (url) => `registry=${withSlash(url)}\n`),
    ...file(`${home}/.yarnrc.yml`, yarnSettings(network), (text) => text),
    ...file("/etc/gitconfig", network.gitMirrors, gitConfig),
    // cargo looks in every folder above the app, wherever CARGO_HOME is.
    ...file("/.cargo/config.toml", network.cratesIndex, cargoConfig),
    ...file(`${home}/.bundle/config`, network.rubygemsMirror, bundlerConfig),
    ...file(`${home}/.gemrc`, network.rubygemsMirror, (url) => `---\n:sources:\n- ${JSON.stringify(withSlash(url))}\n`),
    ...file(`${home}/.config/composer/config.json`, network.packagistMirror, composerConfig),
    ...file(`${home}/.m2/settings.xml`, needsMaven(network), mavenSettings),
    ...file(`${home}/.gradle/init.d/host-mirror.gradle`, network.mavenMirror, gradleInit),
  ];
}

function file<T>(path: string, value: T | undefined, content: (value: T) => string): PlacedFile[] {
  return value === undefined ? [] : [{ path, content: content(value) }];
}

function needsMaven(network: BuildNetwork): BuildNetwork | undefined {
  return (network.mavenMirror ?? network.httpProxy ?? network.httpsProxy) ? network : undefined;
}

/** Since its second version Yarn asks no environment for a proxy. */
function yarnSettings(network: BuildNetwork): string | undefined {
  const { npmRegistry: url, httpProxy, httpsProxy } = network;
  const host = url === undefined ? "registry.yarnpkg.com" : new URL(url).hostname;
  const settings = {
    npmRegistryServer: url?.replace(/\/+$/, ""),
    unsafeHttpWhitelist: url?.startsWith("http:") ? [host] : undefined,
    ...(goesByProxy(host, network) ? { httpProxy, httpsProxy } : {}),
  };
  const lines = Object.entries(settings).filter(([, value]) => value !== undefined);
  return lines.map(([name, value]) => `${name}: ${JSON.stringify(value)}\n`).join("") || undefined;
}

/** It knows no exceptions either: where its registry is one, it has no proxy. */
function goesByProxy(host: string, { noProxy = "" }: BuildNetwork): boolean {
  const exceptions = noProxy.split(/[\s,]+/).map((one) => one.replace(/^\*?\./, ""));
  return !exceptions.some((one) => one === "*" || (one !== "" && `.${host}`.endsWith(`.${one}`)));
}

function gitConfig(mirrors: NonNullable<BuildNetwork["gitMirrors"]>): string {
  return mirrors.map(({ from, to }) => `[url "${quoted(to)}"]\n\tinsteadOf = "${quoted(from)}"\n`).join("");
}

function cargoConfig(url: string): string {
  const index = /^(sparse|registry)\+/.test(url) || url.endsWith(".git") ? url : `sparse+${withSlash(url)}`;
  return `[source.crates-io]\nreplace-with = "host-mirror"\n\n[source.host-mirror]\nregistry = ${JSON.stringify(index)}\n`;
}

function bundlerConfig(url: string): string {
  return `---\nBUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/: ${JSON.stringify(withSlash(url))}\n`;
}

function composerConfig(url: string): string {
  const repositories = [{ type: "composer", url: url.replace(/\/+$/, "") }, { "packagist.org": false }];
  const config = url.startsWith("http:") ? { "secure-http": false } : {};
  return `${JSON.stringify({ config, repositories }, undefined, 2)}\n`;
}

function withSlash(url: string): string {
  return url.endsWith("/") ? url : `${url}/`;
}

/** Inside the quotes of a git configuration file. */
function quoted(text: string): string {
  return text.replace(/[\\"]/g, "\\$&");
}

import { parseSize } from "../lib/size.ts";
import { isPlain, normalizeDomain } from "../model/domain.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { PropertyKey, PropertyValue } from "./operations.ts";
import type { Property } from "./property.ts";
import { proxyProperties, yesOrNo } from "./proxy-properties.ts";
import { appByName } from "./require-app.ts";

const seconds = (text: string) => /^[1-9]\d{0,4}$/.test(text);

const wholeNumber = (text: string) => /^[1-9]\d{0,14}$/.test(text);
/** Dokku's names and ours. */
const builderNames = ["buildpack", "herokuish", "dockerfile", "heroku.yml", "compose"];
const isInside = (text: string) =>
  text.length < 1024 && !text.startsWith("/") && !text.split("/").includes("..") && /^[^\p{Cc}\\]+$/u.test(text);

export const properties: Readonly<Record<PropertyKey, Property>> = {
  "git.archive-max-files": {
    check: wholeNumber,
    rule: "a number of files",
    fallback: () => "10000",
  },
  "git.archive-max-size": {
    check: wholeNumber,
    rule: "a number of bytes",
    fallback: () => String(1024 * 1024 * 1024),
  },
  "git.deploy-branch": {
    // git-check-ref-format(1), without the rarer characters it would allow.
    check: (text) => /^[A-Za-z0-9_][A-Za-z0-9._/-]*$/.test(text) && !/\.\.|\/\/|\/$|\.lock$|\.$/.test(text),
    rule: "the name of a branch, such as 'main'",
    fallback: (settings) => settings.deployBranch ?? "",
  },
  "builder.selected": {
    check: (text) => builderNames.includes(text),
    rule: `one of ${builderNames.join(", ")}`,
    fallback: () => "",
  },
  "builder.build-dir": {
    check: isInside,
    rule: "a folder of the repository, such as 'services/web'",
    fallback: () => "",
  },
  "builder-dockerfile.dockerfile-path": {
    check: isInside,
    rule: "a path in the repository, such as 'docker/Dockerfile'",
    fallback: () => "Dockerfile",
  },
  "builder-dockerfile.backend": {
    check: (text) => ["auto", "buildkit", "classic"].includes(text),
    rule: "one of auto, buildkit, classic",
    fallback: () => "auto",
  },
  "ps.restart-policy": {
    check: (text) => /^(no|always|unless-stopped|on-failure(:[1-9]\d{0,3})?)$/.test(text),
    rule: "one of no, always, unless-stopped, on-failure, on-failure:N",
    // Not Dokku's on-failure:10: an app that is down for a night because a database was must come back by itself.
    // The engine backs off between restarts, up to a minute.
    fallback: () => "unless-stopped",
  },
  "ps.stop-timeout-seconds": {
    check: seconds,
    rule: "a number of seconds from 1 to 99999",
    fallback: (settings) => String(settings.stopTimeoutSeconds),
  },
  "app-json.appjson-path": {
    check: (text) => /^(?!\/)(?!(.*\/)?\.\.(\/|$))[^\0]{1,512}$/.test(text),
    rule: "a path within the repository, such as 'deploy/app.json'",
    fallback: () => "app.json",
  },
  "builds.cpus": {
    check: (text) => /^\d{1,3}(\.\d{1,2})?$/.test(text) && Number(text) >= 0.1,
    rule: "a number of cores such as 1.5, at least 0.1",
    fallback: (settings) => String(settings.buildCpus),
  },
  "builds.memory": {
    // The engine refuses less than 6 MB.
    check: (text) => (parseSize(text) ?? 0) >= 6 * 2 ** 20,
    rule: "a size such as 512m or 2g, at least 6m",
    fallback: (settings) => String(settings.buildMemoryBytes),
  },
  "builds.retention": {
    check: (text) => /^[1-9]\d{0,3}$/.test(text),
    rule: "a number of builds from 1 to 9999",
    // Dokku's.
    fallback: () => "20",
  },
  "builds.timeout-seconds": {
    check: seconds,
    rule: "a number of seconds from 1 to 99999",
    fallback: (settings) => String(Math.ceil(settings.buildTimeoutMs / 1000)),
  },
  "checks.timeout": {
    check: seconds,
    rule: "a number of seconds from 1 to 99999",
    fallback: (settings) => String(Math.ceil(settings.healthTimeoutMs / 1000)),
  },
  "letsencrypt.enabled": { ...yesOrNo("false"), isRouted: false },
  "letsencrypt.email": {
    check: (text) => /^[^\s@,?]{1,100}@[^\s@,?]{1,150}$/.test(text),
    rule: "an address such as you@example.com",
    fallback: () => "",
  },
  "letsencrypt.server": {
    check: (text) => text === "default" || text === "staging" || isHttps(text),
    rule: "default, staging, or the https:// address of an ACME directory",
    fallback: () => "default",
  },
  "letsencrypt.challenge": {
    check: (text) => ["http-01", "tls-alpn-01", "dns-01"].includes(text),
    rule: "one of http-01, tls-alpn-01, dns-01",
    fallback: () => "http-01",
  },
  "letsencrypt.ca-file": {
    check: (text) => text.startsWith("/") && !text.includes("\0"),
    rule: "the absolute path of a file on this machine",
    fallback: () => "",
  },
  "proxy.https-redirect": yesOrNo("true"),
  ...proxyProperties,
  // Dokku's defaults.
  "nginx.hsts": yesOrNo("true"),
  "nginx.hsts-include-subdomains": yesOrNo("true"),
  "nginx.hsts-preload": yesOrNo("false"),
  "nginx.hsts-max-age": {
    check: (text) => /^\d{1,10}$/.test(text),
    rule: "a number of seconds",
    fallback: () => "15724800",
    isRouted: true,
  },
  "routes.redirect": {
    check: (text) => ["none", "www", "apex"].includes(text) || isHost(text),
    rule: "none, www, apex, or the domain to which the app's other domains are redirected",
    fallback: () => "none",
    isRouted: true,
  },
  "maintenance.enabled": {
    check: (text) => text === "true",
    rule: "true",
    fallback: () => "false",
    isRouted: true,
  },
  "routes.strip-prefix": yesOrNo("false"),
  "buildpacks.stack": {
    check: (text) => /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(text),
    rule: "the name of a stack, such as 'heroku-24'",
    // The build image knows which of Heroku's its own libraries can stand in for.
    fallback: () => "",
  },
};

function isHttps(text: string): boolean {
  return URL.canParse(text) && new URL(text).protocol === "https:";
}

function isHost(text: string): boolean {
  try {
    return isPlain(normalizeDomain(text));
  } catch {
    return false;
  }
}

export async function property(context: Context, input: { app: string; key: PropertyKey }): Promise<PropertyValue> {
  return context.store.read((view) => {
    const { fallback, secret } = properties[input.key];
    const show = (kept: string) => (kept === "" || secret === undefined ? kept : secret.show(kept));
    const raw = show(view.properties.get(appByName(view, input.app).id, input.key) ?? "");
    const global = show(view.properties.get(undefined, input.key) ?? "");
    return { raw, global, computed: raw || global || fallback(context.settings) };
  });
}

/** The value in force for the app. */
export function textProperty(context: Context, appId: string, key: PropertyKey): string {
  return context.store.read((view) => valueInForce(context, view, appId, key));
}

/** Like `textProperty`, within a transaction. */
export function valueInForce(context: Context, view: View, appId: string, key: PropertyKey): string {
  return (
    view.properties.get(appId, key) ?? view.properties.get(undefined, key) ?? properties[key].fallback(context.settings)
  );
}

/** Like `textProperty`, for a number of seconds; in milliseconds. */
export function durationProperty(
  context: Context,
  appId: string,
  key: "ps.stop-timeout-seconds" | "checks.timeout" | "builds.timeout-seconds",
): number {
  return Number(textProperty(context, appId, key)) * 1000;
}

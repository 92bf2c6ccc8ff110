import { X509Certificate } from "node:crypto";
import { readFile, stat } from "node:fs/promises";
import { isIP } from "node:net";
import { type Authority, type ChallengeType, type Issued, RetryLater } from "../certificates/issuer.ts";
import type { App } from "../model/app.ts";
import { covers } from "../model/certificate.ts";
import { checkChain } from "../model/certificate-chain.ts";
import { isPlain, splitDomain } from "../model/domain.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { redirectsOf } from "../model/redirects.ts";
import type { View } from "../store/store.ts";
import { storeCertificate } from "./app-certificate.ts";
import { domainsOf } from "./app-domains.ts";
import { entryId } from "./certificate-entries.ts";
import type { Context } from "./context.ts";
import { inspectIssued } from "./inspect-issued.ts";
import type { Job, LetsencryptReport } from "./operations.ts";
import { valueInForce } from "./properties.ts";
import { publishRoutes, redirectRule } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

const directories: Readonly<Record<string, string>> = {
  default: "https://acme-v02.api.letsencrypt.org/directory",
  staging: "https://acme-staging-v02.api.letsencrypt.org/directory",
};
const firstRetryMs = 5 * 60_000;
const lastRetryMs = 24 * 3_600_000;
// All authorities that the world trusts are a quarter of it.
const longestRoots = 1024 * 1024;

/** From now on, and at once. Where that fails it stays enabled, and is tried again. */
export async function enableLetsencrypt(context: Context, input: { app: string }, job: Job): Promise<void> {
  const app = context.store.write((changes) => {
    const found = appByName(changes, input.app);
    if (wantedNames(context, changes, found).length === 0) {
      throw new UserError("no-domain", `App ${found.name} has no domain that a certificate could be for`, {
        hint: `Give it one: domains:add ${found.name} DOMAIN`,
      });
    }
    changes.properties.set(found.id, "letsencrypt.enabled", "true");
    return found;
  });
  await obtainCertificate(context, app, job);
}

/** Takes a certificate away that came from there; others stay. */
export async function disableLetsencrypt(context: Context, input: { app: string }): Promise<void> {
  const { app, before } = context.store.write((changes) => {
    const found = appByName(changes, input.app);
    changes.properties.set(found.id, "letsencrypt.enabled", "false");
    changes.certificates.setIssuance(found.id, undefined);
    const present = changes.certificates.of(found.id);
    if (present?.origin === "acme") changes.certificates.remove(found.id);
    return { app: found, before: present?.origin === "acme" ? present : undefined };
  });
  await publishRoutes(context, app.id);
  if (before !== undefined) await context.publisher.drop([entryId(before)]);
}

export async function letsencryptReport(context: Context, input: { app: string }): Promise<LetsencryptReport> {
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    const certificate = view.certificates.of(app.id);
    const isOurs = certificate?.origin === "acme";
    return {
      enabled: valueInForce(context, view, app.id, "letsencrypt.enabled") === "true",
      names: wantedNames(context, view, app),
      expiresAt: isOurs ? certificate.notAfter : undefined,
      renewsAt: isOurs ? renewalTime(certificate, app.id) : undefined,
      isGiven: certificate?.origin === "uploaded",
      issuance: view.certificates.issuance(app.id),
    };
  });
}

/** Whether it is time to ask for a certificate for this app. */
export function isDue(context: Context, view: View, app: App): boolean {
  if (valueInForce(context, view, app.id, "letsencrypt.enabled") !== "true") return false;
  const now = context.now();
  const names = wantedNames(context, view, app);
  if (names.length === 0 || context.issuing.has(app.id) || (view.certificates.issuance(app.id)?.retryAt ?? 0) > now)
    return false;
  const certificate = view.certificates.of(app.id);
  if (certificate === undefined || certificate.origin === "generated") return true;
  // Somebody has chosen it, and will choose the next one.
  if (certificate.origin === "uploaded") return false;
  if (names.some((name) => !isFor(certificate.names, name))) return true;
  return now >= renewalTime(certificate, app.id);
}

/** Throws why there is none, after it was noted for `isDue`. */
export async function obtainCertificate(
  context: Context,
  app: App,
  job: Pick<Job, "progress" | "signal">,
): Promise<void> {
  if (context.issuing.has(app.id)) {
    throw new UserError("acme-busy", `A certificate for ${app.name} is being asked for already`, {
      hint: `See how it goes: letsencrypt:report ${app.name}`,
    });
  }
  context.issuing.add(app.id);
  try {
    const issued = await ask(context, app, job);
    if (!isWanted(context, app)) {
      job.progress.warn(`The certificate of ${app.name} is not wanted any more`);
      return;
    }
    await storeCertificate(
      context,
      app.id,
      inspectIssued(issued, { appId: app.id, origin: "acme", now: context.now() }),
    );
    context.store.write((changes) => changes.certificates.setIssuance(app.id, undefined));
    job.progress.step(`Certificate of ${app.name} is in use`);
  } catch (error) {
    if (!job.signal.aborted) noteFailure(context, app, error);
    throw error instanceof RetryLater ? tooMuch(error) : error;
  } finally {
    context.issuing.delete(app.id);
  }
}

/** Much may have happened while an authority was asked. */
function isWanted(context: Context, app: App): boolean {
  return context.store.read(
    (view) =>
      view.apps.byId(app.id) !== undefined && valueInForce(context, view, app.id, "letsencrypt.enabled") === "true",
  );
}

async function ask(
  context: Context,
  app: App,
  { progress, signal }: Pick<Job, "progress" | "signal">,
): Promise<Issued> {
  const { names, settings } = context.store.read((view) => {
    const value = (key: "server" | "email" | "challenge" | "ca-file") =>
      valueInForce(context, view, app.id, `letsencrypt.${key}`);
    return {
      names: wantedNames(context, view, app),
      settings: {
        directory: directories[value("server")] ?? value("server"),
        email: value("email") || undefined,
        challenge: value("challenge") as ChallengeType,
        rootFile: value("ca-file") || undefined,
      },
    };
  });
  const { rootFile, ...rest } = settings;
  const authority: Authority = { ...rest, roots: rootFile === undefined ? undefined : await readRoots(rootFile) };
  const issued = await context.issuers.acme.issue({ names, authority, onStep: (text) => progress.step(text) }, signal);
  requireWhatWasWanted(issued, names, context.now());
  return issued;
}

/** Another one would take the place of a good one, and be asked for again at once, without end. */
function requireWhatWasWanted({ chain, key }: Issued, names: readonly string[], now: number): void {
  const checked = checkChain(chain, key, now);
  const missing = names.filter((name) => !isFor(checked.names, name));
  if (missing.length === 0) return;
  throw new UserError("acme-invalid", `The authority has left out ${missing.join(", ")} from the certificate`, {
    hint: "It is tried again; see: letsencrypt:report",
  });
}

function isFor(names: readonly string[], name: string): boolean {
  return names.includes(name) || covers(names, name);
}

async function readRoots(path: string): Promise<string> {
  try {
    const found = await stat(path);
    // A device or a pipe might never end.
    if (!found.isFile() || found.size > longestRoots) throw new Error("it is no file with certificates");
    const text = await readFile(path, "utf8");
    // What cannot be read as one would be left out without a word.
    new X509Certificate(text);
    return text;
  } catch (error) {
    throw new UserError("ca-file-unreadable", `${path} cannot be read: ${messageOf(error)}`, {
      hint: "Give the path of a file on this machine: letsencrypt:set ... ca-file PATH",
    });
  }
}

function noteFailure(context: Context, app: App, error: unknown): void {
  context.store.write((changes) => {
    // It may be gone by now.
    if (changes.apps.byId(app.id) === undefined) return;
    const failures = (changes.certificates.issuance(app.id)?.failures ?? 0) + 1;
    const backoff = Math.min(firstRetryMs * 4 ** (failures - 1), lastRetryMs);
    const retryAt = context.now() + Math.round(backoff * (1 + Math.random() / 10));
    const at = error instanceof RetryLater ? Math.max(error.at, retryAt) : retryAt;
    changes.certificates.setIssuance(app.id, { failures, error: messageOf(error), retryAt: at });
  });
}

function tooMuch(error: RetryLater): UserError {
  return new UserError("acme-limit", error.message, {
    hint: `It is tried again by itself after ${new Date(error.at).toISOString()}`,
    cause: error,
  });
}

/** Hosts of the app that an authority can look at. A wildcard only where DNS records can be set. */
function wantedNames(context: Context, view: View, app: App): string[] {
  const domains = domainsOf(view, app, context.settings);
  const hosts = [...domains.map((domain) => splitDomain(domain).host), ...redirected(context, view, app, domains)];
  const { hasDnsHook } = context.settings;
  const all = [...new Set(hosts)].filter(
    (host) => host.includes(".") && isIP(host) === 0 && (hasDnsHook || !host.startsWith("*")),
  );
  // Authorities refuse an order with a name that a wildcard of the same order stands for.
  const wildcards = all.filter((host) => host.startsWith("*."));
  return all.filter((host) => wildcards.includes(host) || !covers(wildcards, host));
}

/** The `www.` of a domain, or the domain of a `www.`, that leads to the other. */
function redirected(context: Context, view: View, app: App, domains: readonly string[]): readonly string[] {
  return redirectsOf(domains.filter(isPlain), redirectRule(context, view, app)).added;
}

/** At two thirds of its life, and not all at the same moment: a twentieth more or less, the same each time it is asked. */
function renewalTime({ notBefore, notAfter }: { notBefore: number; notAfter: number }, appId: string): number {
  const life = notAfter - notBefore;
  let hash = 0;
  for (const letter of appId) hash = (hash * 31 + letter.charCodeAt(0)) % 1000;
  return Math.round(notBefore + (life * 2) / 3 + (life / 20) * (hash / 500 - 1));
}

import { X509Certificate } from "node:crypto";
import type { App } from "../model/app.ts";
import { type Certificate, covers } from "../model/certificate.ts";
import { checkChain, isSelfSigned, oneLine } from "../model/certificate-chain.ts";
import { normalizePlainDomain, splitDomain } from "../model/domain.ts";
import { UserError } from "../model/errors.ts";
import { domainsOf } from "./app-domains.ts";
import { entryId } from "./certificate-entries.ts";
import type { Context } from "./context.ts";
import { inspectIssued } from "./inspect-issued.ts";
import type { CertificateReport } from "./operations.ts";
import { valueInForce } from "./properties.ts";
import { publishRoutes } from "./publish-routes.ts";
import { appByName } from "./require-app.ts";

/** Returns what there is to say against it that does not keep it from being used. */
export async function addCertificate(
  context: Context,
  input: { app: string; certificate: string; key: string; update: boolean },
): Promise<{ warnings: readonly string[] }> {
  const { app, domains } = context.store.read((view) => {
    const found = appByName(view, input.app);
    if (input.update && view.certificates.of(found.id) === undefined) throw missing(found);
    return { app: found, domains: domainsOf(view, found, context.settings) };
  });
  const now = context.now();
  const { warnings, ...checked } = checkChain(input.certificate, input.key, now);
  await storeCertificate(context, app.id, { ...checked, origin: "uploaded", createdAt: now });
  return { warnings: [...warnings, ...uncovered(app, checked.names, domains)] };
}

export async function removeCertificate(
  context: Context,
  input: { app: string },
): Promise<{ warnings: readonly string[] }> {
  const { app, before, comesBack } = context.store.write((changes) => {
    const found = appByName(changes, input.app);
    const present = changes.certificates.of(found.id);
    if (present === undefined) throw missing(found);
    changes.certificates.remove(found.id);
    const isAskedFor = valueInForce(context, changes, found.id, "letsencrypt.enabled") === "true";
    return { app: found, before: present, comesBack: isAskedFor };
  });
  await publishRoutes(context, app.id);
  await context.publisher.drop([entryId(before)]);
  return { warnings: comesBack ? [`A new one is asked for soon. To have none: letsencrypt:disable ${app.name}`] : [] };
}

export async function generateCertificate(context: Context, input: { app: string; domain: string }): Promise<void> {
  const app = context.store.read((view) => appByName(view, input.app));
  const wildcard = input.domain.startsWith("*.") ? "*." : "";
  const names = [wildcard + normalizePlainDomain(input.domain.slice(wildcard.length))];
  const issued = await context.issuers.selfSigned.issue({ names }, context.stopping);
  await storeCertificate(
    context,
    app.id,
    inspectIssued(issued, { appId: app.id, origin: "generated", now: context.now() }),
  );
}

export async function certificate(context: Context, input: { app: string }): Promise<CertificateReport | undefined> {
  const found = context.store.read((view) => view.certificates.of(appByName(view, input.app).id));
  if (found === undefined) return undefined;
  const own = new X509Certificate(found.chain);
  return {
    ...found,
    subject: oneLine(own.subject),
    issuer: oneLine(own.issuer),
    isSelfSigned: isSelfSigned(own),
  };
}

/** In the place of the app's present one, without a moment in which there is none. */
export async function storeCertificate(
  context: Context,
  appId: string,
  issued: Omit<Certificate, "appId">,
): Promise<void> {
  const wanted = { ...issued, appId };
  const before = context.store.write((changes) => {
    const present = changes.certificates.of(appId);
    changes.certificates.put(wanted);
    return present;
  });
  await publishRoutes(context, appId);
  if (before !== undefined && entryId(before) !== entryId(wanted)) await context.publisher.drop([entryId(before)]);
}

function uncovered(app: App, names: readonly string[], domains: readonly string[]): string[] {
  const hosts = [...new Set(domains.map((domain) => splitDomain(domain).host))].filter((host) => host !== "*");
  const open = hosts.filter((host) => !covers(names, host));
  if (open.length === 0) return [];
  return [`It is not for ${open.join(", ")}, under which ${app.name} answers too: browsers will warn of it there`];
}

function missing(app: App): UserError {
  return new UserError("certificate-missing", `App ${app.name} has no certificate`, {
    hint: `Give it one: certs:add ${app.name} CRT KEY, or: letsencrypt:enable ${app.name}`,
  });
}

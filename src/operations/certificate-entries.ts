import { createHash } from "node:crypto";
import type { Certificate, CertificateEntry } from "../model/certificate.ts";
import type { AppTls } from "../model/route.ts";
import type { View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { PropertyKey } from "./operations.ts";
import { valueInForce } from "./properties.ts";

/** What the router gets of it. */
export function certificateEntry(certificate: Certificate): CertificateEntry {
  const { names, chain, key } = certificate;
  return { kind: "certificate", id: entryId(certificate), names, chain, key };
}

/** Of its owner and its contents: two apps may have the same certificate, and each takes only its own away. */
export function entryId({ appId, chain, key }: Certificate): string {
  const hash = createHash("sha256").update(chain).update(key).digest("hex").slice(0, 16);
  return `certificate:${appId ?? "host"}:${hash}`;
}

/** How the app is served over TLS; undefined where it has no certificate of its own. */
export function tlsOf(context: Context, view: View, appId: string): AppTls | undefined {
  const certificate = view.certificates.of(appId);
  if (certificate === undefined) return undefined;
  const value = (key: PropertyKey) => valueInForce(context, view, appId, key);
  return {
    certificates: [entryId(certificate)],
    redirect: value("proxy.https-redirect") === "true",
    hsts: value("nginx.hsts") === "true" ? hstsValue(value) : undefined,
  };
}

function hstsValue(value: (key: PropertyKey) => string): string {
  const parts = [`max-age=${value("nginx.hsts-max-age")}`];
  if (value("nginx.hsts-include-subdomains") === "true") parts.push("includeSubDomains");
  if (value("nginx.hsts-preload") === "true") parts.push("preload");
  return parts.join("; ");
}

import type { Settings } from "./schema.ts";

type Outbound = Pick<Settings, "caFile" | "httpProxy" | "httpsProxy" | "noProxy">;

/** What git needs of the host to reach other hosts: proxies and the certificates to trust. Nothing else is passed on. */
export function outboundEnvironment({ caFile, httpProxy, httpsProxy, noProxy }: Outbound): Record<string, string> {
  const { all_proxy, ALL_PROXY } = process.env;
  const proxies = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy, all_proxy, ALL_PROXY };
  const wanted = { GIT_SSL_CAINFO: caFile, ...proxies };
  return Object.fromEntries(
    Object.entries(wanted).filter((entry): entry is [string, string] => entry[1] !== undefined),
  );
}

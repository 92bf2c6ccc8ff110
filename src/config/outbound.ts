const proxyNames = ["http_proxy", "https_proxy", "no_proxy", "all_proxy"];

/** What git needs of the host to reach other hosts: proxies and the certificates to trust. Nothing else is passed on. */
export function outboundEnvironment(caFile: string | undefined): Record<string, string> {
  const found: Record<string, string> = caFile === undefined ? {} : { GIT_SSL_CAINFO: caFile };
  for (const name of [...proxyNames, ...proxyNames.map((lower) => lower.toUpperCase())]) {
    const value = process.env[name];
    if (value !== undefined) found[name] = value;
  }
  return found;
}

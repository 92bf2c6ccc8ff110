/**
 * Headers in which proxies tell an app where a request comes from: address, protocol, host or path. Apps and their frameworks
 * believe them, so from anybody else than a trusted proxy they must not reach an app. Lower case.
 */
const names = new Set([
  "forwarded",
  "forwarded-for",
  "forwarded-for-ip",
  "x-forwarded",
  "x-real-ip",
  "x-real-port",
  "x-remote-ip",
  "x-remote-addr",
  "remote-addr",
  "x-originating-ip",
  "x-proxyuser-ip",
  "client-ip",
  "x-client-ip",
  "x-cluster-client-ip",
  "true-client-ip",
  "wl-proxy-client-ip",
  "proxy-client-ip",
  "cf-connecting-ip",
  "cf-connecting-ipv6",
  "cf-connecting-o2o",
  "cf-pseudo-ipv4",
  "cf-visitor",
  "fastly-client-ip",
  "fastly-ssl",
  "fastly-temp-xff",
  "fly-client-ip",
  "fly-forwarded-proto",
  "fly-forwarded-port",
  "do-connecting-ip",
  "ali-cdn-real-ip",
  "cdn-src-ip",
  "incap-client-ip",
  "x-sucuri-clientip",
  "x-azure-clientip",
  "x-azure-socketip",
  "x-appengine-user-ip",
  "x-nf-client-connection-ip",
  "x-vercel-forwarded-for",
  "x-amzn-source-ip",
  "cloudfront-forwarded-proto",
  "cloudfront-viewer-address",
  "front-end-https",
  "x-arr-ssl",
  "x-url-scheme",
  "x-scheme",
  "x-host",
  "x-http-host-override",
  "x-rewrite-url",
]);

const prefixes = ["x-forwarded-", "x-original-", "x-envoy-"] as const;

/** `key` is in lower case. `X_Real_IP` is the same variable as `X-Real-IP` to WSGI, Rack and CGI apps. */
export function tellsOrigin(key: string): boolean {
  const name = key.includes("_") ? key.replaceAll("_", "-") : key;
  return names.has(name) || (name.charCodeAt(0) === 120 && prefixes.some((prefix) => name.startsWith(prefix)));
}

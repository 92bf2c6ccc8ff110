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

/** `key` is in lower case. */
export function tellsOrigin(key: string): boolean {
  return (
    names.has(key) ||
    (key.startsWith("x-") &&
      (key.startsWith("forwarded-", 2) || key.startsWith("original-", 2) || key.startsWith("envoy-", 2)))
  );
}

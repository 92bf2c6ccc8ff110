import type { PropertyKey } from "../operations/operations.ts";

/** In the order of help. Each is `proxy.NAME`. */
export const proxyProperties = [
  "https-redirect",
  "backend-protocol",
  "body-limit",
  "header-limit",
  "connect-timeout",
  "first-byte-timeout",
  "idle-timeout",
  "request-buffering",
  "compression",
  "basic-auth",
  "allow",
  "deny",
  "rate-limit",
  "rate-burst",
  "connection-limit",
  "balancing",
  "sticky-sessions",
  "websocket-grace",
  "debug-token",
] as const;

/** Dokku's name -> ours; a name of nginx's may stand for two. */
export const nginxNames: Readonly<Record<string, readonly [PropertyKey, ...PropertyKey[]]>> = {
  "client-max-body-size": ["proxy.body-limit"],
  "client-body-timeout": ["proxy.idle-timeout"],
  "proxy-connect-timeout": ["proxy.connect-timeout"],
  "proxy-read-timeout": ["proxy.first-byte-timeout", "proxy.idle-timeout"],
  "proxy-request-buffering": ["proxy.request-buffering"],
  "proxy-send-timeout": ["proxy.idle-timeout"],
  hsts: ["nginx.hsts"],
  "hsts-include-subdomains": ["nginx.hsts-include-subdomains"],
  "hsts-max-age": ["nginx.hsts-max-age"],
  "hsts-preload": ["nginx.hsts-preload"],
};

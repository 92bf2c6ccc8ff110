import type { ConfigVars } from "./app.ts";

/** Where everything in our images, and in most others, looks for certificates to trust. */
export const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** Variables by which programs that bring a list of their own find that one. */
export const trust: ConfigVars = {
  SSL_CERT_FILE: authorities,
  NODE_EXTRA_CA_CERTS: authorities,
  REQUESTS_CA_BUNDLE: authorities,
  CURL_CA_BUNDLE: authorities,
};

import type { ConfigVars } from "../../model/app.ts";
import { authorities, trust } from "../../model/authorities.ts";
import { trustStore } from "./authorities.ts";
import type { BuildNetwork } from "./network.ts";

/**
 * Variables of a build, for tools that are told by their environment. An app's config vars and files win over these
 * wherever the tool lets them: what is here is the host's default.
 */
export function networkEnvironment(network: BuildNetwork): ConfigVars {
  return given({
    ...proxyEnvironment(network),
    ...(network.caFile === undefined ? {} : buildTrust),
    // Its file is /etc/npmrc: there it yields to the .npmrc of an app, as a variable would not.
    npm_config_globalconfig: "/etc/npmrc",
    ...mirrorVariables(network),
    BERTH_APT_MIRROR: network.aptMirror,
  });
}

/** What an ARG of a Dockerfile may ask for: what its tools read then, as ARGs are in the environment of RUN. */
export function mirrorArguments(network: BuildNetwork): ConfigVars {
  return given({
    ...mirrorVariables(network),
    npm_config_registry: network.npmRegistry,
    NPM_CONFIG_REGISTRY: network.npmRegistry,
    APT_MIRROR: network.aptMirror,
  });
}

function mirrorVariables(network: BuildNetwork): Record<string, string | undefined> {
  return {
    COREPACK_NPM_REGISTRY: network.npmRegistry,
    ...pypi(network.pypiIndex),
    GOPROXY: network.goProxy,
    GOSUMDB: network.goSumdb,
    // The Maven wrapper gets Maven itself from there.
    MVNW_REPOURL: network.mavenMirror?.replace(/\/+$/, ""),
  };
}

/** Both spellings: some tools read only the one, some only the other. */
export function proxyEnvironment({
  httpProxy,
  httpsProxy,
  noProxy,
}: Pick<BuildNetwork, "httpProxy" | "httpsProxy" | "noProxy">): ConfigVars {
  const lower = { http_proxy: httpProxy, https_proxy: httpsProxy, no_proxy: noProxy };
  const upper = Object.fromEntries(Object.entries(lower).map(([name, value]) => [name.toUpperCase(), value]));
  return given({ ...lower, ...upper });
}

/** What only builds need to be told besides. */
const buildTrust: ConfigVars = {
  ...trust,
  PIP_CERT: authorities,
  CURL_CA_BUNDLE: authorities,
  GIT_SSL_CAINFO: authorities,
  CARGO_HTTP_CAINFO: authorities,
  BUNDLE_SSL_CA_CERT: authorities,
  MAVEN_OPTS: `-Djavax.net.ssl.trustStore=${trustStore}`,
  GRADLE_OPTS: `-Djavax.net.ssl.trustStore=${trustStore}`,
};

function pypi(index: string | undefined): Record<string, string | undefined> {
  const insecure = index?.startsWith("http:") ? new URL(index).host : undefined;
  return {
    PIP_INDEX_URL: index,
    UV_DEFAULT_INDEX: index,
    PIPENV_PYPI_MIRROR: index,
    PIP_TRUSTED_HOST: insecure,
    UV_INSECURE_HOST: insecure,
  };
}

function given(variables: Record<string, string | undefined>): ConfigVars {
  const entries = Object.entries(variables).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return Object.fromEntries(entries);
}

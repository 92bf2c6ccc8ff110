import type { BuildNetwork } from "./network.ts";

/** Maven's settings.xml: the mirror of its central repository, and the proxies, which it takes from nowhere else. */
export function mavenSettings(network: BuildNetwork): string {
  const mirror = network.mavenMirror;
  const proxies = [proxy("http", network.httpProxy, network), proxy("https", network.httpsProxy, network)].join("");
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    '<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0">',
    ...(mirror === undefined
      ? []
      : [
          "  <mirrors>",
          `    <mirror><id>host-mirror</id><mirrorOf>central</mirrorOf><url>${escaped(mirror)}</url></mirror>`,
          "  </mirrors>",
        ]),
    ...(proxies === "" ? [] : [`  <proxies>${proxies}\n  </proxies>`]),
    "</settings>",
    "",
  ].join("\n");
}

function proxy(protocol: string, url: string | undefined, { noProxy }: BuildNetwork): string {
  if (url === undefined) return "";
  const { hostname, port, username, password, protocol: own } = new URL(url);
  const fields = {
    id: `host-${protocol}`,
    active: "true",
    protocol,
    host: hostname,
    port: port || (own === "https:" ? "443" : "80"),
    ...(username === "" ? {} : { username: decodeURIComponent(username), password: decodeURIComponent(password) }),
    ...(noProxy === undefined ? {} : { nonProxyHosts: nonProxyHosts(noProxy) }),
  };
  const text = Object.entries(fields).map(([name, value]) => `<${name}>${escaped(value)}</${name}>`);
  return `\n    <proxy>${text.join("")}</proxy>`;
}

/** `localhost,.corp` -> `localhost|*.corp` */
function nonProxyHosts(noProxy: string): string {
  const hosts = noProxy.split(/[\s,]+/).filter(Boolean);
  return hosts.map((host) => (host.startsWith(".") ? `*${host}` : host)).join("|");
}

/** A Gradle init script that sends what is meant for Maven's central repository and Gradle's plugins to the mirror. */
export function gradleInit(mirror: string): string {
  const url = JSON.stringify(mirror).replaceAll("$", "\\$");
  return `def mirrored = { repositories ->
  repositories.withType(MavenArtifactRepository).configureEach { repository ->
    def address = repository.url.toString()
    if (address.startsWith("https://repo.maven.apache.org/") || address.startsWith("https://repo1.maven.org/")
        || address.startsWith("https://plugins.gradle.org/")) {
      repository.url = uri(${url})
      repository.allowInsecureProtocol = ${mirror.startsWith("http:")}
    }
  }
}
settingsEvaluated { settings -> mirrored(settings.pluginManagement.repositories) }
allprojects {
  mirrored(repositories)
  mirrored(buildscript.repositories)
}
`;
}

function escaped(text: string): string {
  const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };
  return text.replace(/[&<>"]/g, (letter) => entities[letter] ?? letter);
}

import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { request } from "node:https";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { freePort } from "../../src/lib/free-port.ts";
import { acceptsConnections } from "../../src/lib/tcp-probe.ts";
import { type CleanUp, cleanUp } from "../router/helpers/clean-up.ts";
import { Authority } from "./openssl.ts";

/** A real ACME server with a DNS server of its own, in which every name is this machine. */
export interface Pebble {
  /** URL of its directory. */
  readonly directory: string;
  /** File with the root that its own certificate is signed by. */
  readonly caFile: string;
  readonly ca: string;
  /** `present NAME VALUE` and `cleanup NAME VALUE` on its DNS server. */
  readonly dnsHook: string;
  /** PEM of the root that its certificates are signed by. */
  root(): Promise<string>;
}

/** `ports`: where it looks for challenges. */
export async function startPebble(
  t: CleanUp,
  folder: string,
  ports: { http: number; https: number },
  env: Record<string, string> = {},
): Promise<Pebble> {
  const home = join(folder, "pebble");
  await mkdir(home);
  const authority = new Authority(home);
  const ca = await authority.issue("Pebble's own root");
  const own = await authority.issue("localhost", ["localhost"], ca);
  const port = { api: await freePort("127.0.0.1"), management: await freePort("127.0.0.1") };
  const dns = { port: await freePort("127.0.0.1"), management: await freePort("127.0.0.1") };
  const path = (name: string) => join(home, name);
  await writeFile(path("ca.pem"), ca.crt);
  await writeFile(path("own.crt"), own.crt);
  await writeFile(path("own.key"), own.key);
  const pebble = {
    listenAddress: `127.0.0.1:${port.api}`,
    managementListenAddress: `127.0.0.1:${port.management}`,
    certificate: path("own.crt"),
    privateKey: path("own.key"),
    httpPort: ports.http,
    tlsPort: ports.https,
    externalAccountBindingRequired: false,
    domainBlocklist: ["blocked-domain.example"],
  };
  await writeFile(path("config.json"), JSON.stringify({ pebble }));
  const hook = `#!/bin/sh
case $1 in present) path=set-txt ;; *) path=clear-txt ;; esac
exec curl -sf -d "{\\"host\\":\\"$2.\\",\\"value\\":\\"$3\\"}" http://127.0.0.1:${dns.management}/$path
`;
  await writeFile(path("dns-hook"), hook, { mode: 0o755 });
  const none = ["-http01", "", "-https01", "", "-tlsalpn01", "", "-defaultIPv6", ""];
  const dnsArguments = ["-dns01", `127.0.0.1:${dns.port}`, "-management", `127.0.0.1:${dns.management}`, ...none];
  await startProgram(t, "pebble-challtestsrv", dnsArguments, dns.management);
  const server = ["-config", path("config.json"), "-dnsserver", `127.0.0.1:${dns.port}`];
  await startProgram(t, "pebble", server, port.api, { PEBBLE_VA_NOSLEEP: "1", ...env });
  return {
    directory: `https://localhost:${port.api}/dir`,
    caFile: path("ca.pem"),
    ca: ca.crt,
    dnsHook: path("dns-hook"),
    root: () => get(port.management, "/roots/0", ca.crt),
  };
}

async function startProgram(t: CleanUp, program: string, args: string[], port: number, env = {}): Promise<void> {
  const child = spawn(program, args, { env: { PATH: process.env.PATH ?? "", ...env }, stdio: "ignore" });
  const ended = once(child, "exit").catch(() => undefined);
  cleanUp(t, async () => {
    child.kill();
    await ended;
  });
  for (let tries = 0; !(await acceptsConnections("127.0.0.1", port, 1_000)); tries++) {
    if (child.exitCode !== null || tries > 200) throw new Error(`${program} did not start`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function get(port: number, path: string, ca: string): Promise<string> {
  const sent = request({ host: "localhost", port, path, ca, agent: false });
  sent.end();
  const [response] = await once(sent, "response");
  return text(response);
}

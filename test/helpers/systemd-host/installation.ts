import assert from "node:assert/strict";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type CleanUp, eventually, type Result, run, runOk } from "../berth.ts";
import { dockerApp } from "../docker-app.ts";
import { bootHost, type SystemdHost } from "./host.ts";
import type { Release } from "./releases.ts";

const checkout = "/srv/berth";
const installer = `${checkout}/scripts/install.sh`;
const fixtures = join(import.meta.dirname, "../../fixtures/apps");

/** The pages of the apps of `pushAll`, by the apps' names. */
export const pages = { shop: "version 1\n", flask: "version one\n", docked: "from docker\n" };

/** A bare machine with this checkout on it, and somebody elsewhere who pushes apps to it under *.apps.test. */
export class Installation {
  readonly host: SystemdHost;
  /** Where the checkout is on the machine. */
  readonly checkout = checkout;
  readonly #client: string;

  constructor(host: SystemdHost, client: string) {
    this.host = host;
    this.#client = client;
  }

  /** The file of the private key here; the public one is /root/key.pub on the machine. */
  get key(): string {
    return join(this.#client, "id");
  }

  install(...words: string[]): Promise<Result> {
    return this.host.run(installer, ...words);
  }

  async installOk(...words: string[]): Promise<string> {
    const { code, stdout, stderr } = await this.install(...words);
    const log = code === 0 ? "" : (await this.host.run("journalctl", "--no-pager", "-n", "60")).stdout;
    assert.equal(code, 0, `${stdout}${stderr}${log}`);
    return stdout;
  }

  /** Makes the repository of an app: of a sample app, or of these files. */
  async repository(app: string, content: string | Record<string, string>): Promise<void> {
    const folder = join(this.#client, app);
    if (typeof content === "string") await cp(join(fixtures, content), folder, { recursive: true });
    else {
      for (const [path, text] of Object.entries(content)) {
        await mkdir(dirname(join(folder, path)), { recursive: true });
        await writeFile(join(folder, path), text);
      }
    }
    await this.#git(app, "init", "-q", "-b", "main");
    await this.#git(app, "add", "-A");
    await this.#git(app, "commit", "-q", "-m", "first");
  }

  /** Commits one changed file. */
  async commit(app: string, path: string, text: string): Promise<void> {
    await writeFile(join(this.#client, app, path), text);
    await this.#git(app, "add", "-A");
    await this.#git(app, "commit", "-q", "-m", text.trim());
  }

  async push(app: string): Promise<string> {
    const known = `UserKnownHostsFile=${this.#client}/known_hosts`;
    const options = ["StrictHostKeyChecking=accept-new", known, "IdentitiesOnly=yes"].flatMap((one) => ["-o", one]);
    const ssh = ["ssh", "-F", "/dev/null", "-i", this.key, ...options].join(" ");
    const pushed = await run("git", ["push", `ssh://berth@${await this.host.address()}/${app}`, "main"], {
      cwd: join(this.#client, app),
      env: { GIT_SSH_COMMAND: ssh },
    });
    const log = pushed.code === 0 ? "" : (await this.host.run("journalctl", "-u", "berth", "-n", "50")).stdout;
    assert.equal(pushed.code, 0, `${pushed.stderr}\n${log}`);
    return pushed.stderr;
  }

  /** A Node, a Python and a Dockerfile app. The Dockerfile's base is one that the machine has made itself. */
  async pushAll(): Promise<void> {
    await this.repository("shop", "node-web");
    await this.commit("shop", "VERSION", "1\n");
    await this.repository("flask", "python-pip");
    await this.repository("docked", dockerApp("from docker", 8123, "berth/run:1"));
    for (const app of Object.keys(pages)) await this.push(app);
  }

  async assertPages(): Promise<void> {
    for (const [app, expected] of Object.entries(pages)) assert.equal(await this.page(app), expected);
  }

  /** The body of what GET / answers with status 200. */
  async page(app: string): Promise<string> {
    const host = await this.host.address();
    return new Promise((resolve, reject) => {
      const options = { host, port: 80, headers: { host: `${app}.apps.test` }, agent: false, timeout: 10_000 };
      const sent = request(options, (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk) => {
          body += chunk;
        });
        response.on("error", reject).on("end", () => {
          if (response.statusCode === 200) resolve(body);
          else reject(new Error(`status ${response.statusCode}: ${body}`));
        });
      });
      sent.on("timeout", () => sent.destroy(new Error("no answer in 10 s")));
      sent.on("error", reject).end();
    });
  }

  /** When each of Berth's images was made, and which they are. */
  images(): Promise<string> {
    return this.host.runOk("docker", "images", "--no-trunc", "--format", "{{.Repository}}:{{.Tag}} {{.ID}}", "berth/*");
  }

  #git(app: string, ...args: string[]): Promise<string> {
    return runOk("git", args, { cwd: join(this.#client, app) });
  }
}

export async function bareMachine(cleanUp: CleanUp, release: Release): Promise<Installation> {
  const client = await mkdtemp(join(tmpdir(), "berth-test-install-"));
  cleanUp.after(() => rm(client, { recursive: true, force: true }));
  await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", join(client, "id")]);
  const host = await bootHost(cleanUp, release);
  await host.copyCheckout(checkout);
  await runOk("docker", ["cp", join(client, "id.pub"), `${host.name}:/root/key.pub`]);
  return new Installation(host, client);
}

/** Tells Berth where its builds find packages, on networks in which the public places are not reached. */
export async function useMirrorsOf(environment: NodeJS.ProcessEnv, { host }: Installation): Promise<void> {
  const settings = {
    "pypi-index": environment.PIP_INDEX_URL,
    "http-proxy": environment.http_proxy ?? environment.HTTP_PROXY,
    "https-proxy": environment.https_proxy ?? environment.HTTPS_PROXY,
    "no-proxy": environment.no_proxy ?? environment.NO_PROXY,
  };
  const lines = Object.entries(settings).flatMap(([key, value]) =>
    value ? [`${key}: ${JSON.stringify(value)}\n`] : [],
  );
  if (lines.length === 0) return;
  await host.runOk(
    "sh",
    "-c",
    'printf %s "$1" >> /var/lib/berth/berth.yml && systemctl restart berth',
    "sh",
    lines.join(""),
  );
  // systemd does not wait for it.
  await eventually(async () => void (await host.runOk("berth", "apps:list")), 120_000);
}

import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { cp, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { buildImage, runImage } from "./images.ts";

const checkout = join(import.meta.dirname, "../..");
const main = join(checkout, "src/main.ts");

export interface Result {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface RunOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** In place of `stdin`, for what is no text. */
  readonly input?: Readable;
  readonly signal?: AbortSignal;
}

/** Runs a program without a shell, collects what it prints. Never rejects for an exit code. */
export async function run(program: string, args: readonly string[], options: RunOptions = {}): Promise<Result> {
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: { ...cleanEnv, ...options.env },
    signal: options.signal,
  });
  child.stdin.on("error", () => undefined);
  if (options.input === undefined) child.stdin.end(options.stdin ?? "");
  else options.input.pipe(child.stdin);
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), exitCode(child)]);
  return { code, stdout, stderr };
}

/** Like `run`, for programs that must succeed. */
export async function runOk(program: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await run(program, args, options);
  assert.equal(result.code, 0, `${program} ${args.join(" ")}\n${result.stdout}${result.stderr}`);
  return result.stdout;
}

async function text(stream: NodeJS.ReadableStream): Promise<string> {
  let all = "";
  for await (const chunk of stream.setEncoding("utf8")) all += chunk;
  return all;
}

function exitCode(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    child.once("error", () => resolve(null));
    child.once("close", (code) => resolve(code));
  });
}

// Neither the developer's git settings nor his agent may have a say in what a test sees.
const cleanEnv: Record<string, string> = {
  PATH: process.env.PATH ?? "/usr/bin:/bin",
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_TERMINAL_PROMPT: "0",
  GIT_AUTHOR_NAME: "Ann",
  GIT_AUTHOR_EMAIL: "ann@example.com",
  GIT_COMMITTER_NAME: "Ann",
  GIT_COMMITTER_EMAIL: "ann@example.com",
  LC_ALL: "C.UTF-8",
};

export interface Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: string;
}

/** A real daemon on a root of its own, on free ports, with a key of its own. Everything goes with the test. */
export class Berth {
  readonly root: string;
  readonly flags: readonly string[];
  sshPort = 0;
  httpPort = 0;
  httpsPort = 0;
  /** Every line that daemons of this root have logged. */
  readonly log: string[] = [];
  #daemon: ChildProcess | undefined;
  #ended: Promise<number | null> = Promise.resolve(0);

  constructor(root: string, flags: readonly string[]) {
    this.root = root;
    this.flags = flags;
  }

  get pid(): number {
    return this.#daemon?.pid ?? 0;
  }

  /** Resolves when the daemon says `ready`. */
  async serve(): Promise<void> {
    const args = ["serve", "--root", this.root, ...this.flags];
    const ports = ["--ssh-port", String(this.sshPort), "--http-port", String(this.httpPort)];
    ports.push("--https-port", String(this.httpsPort));
    // Own process group: a Ctrl-C in the test's terminal is not the daemon's.
    const daemon = spawn(main, [...args, ...ports], {
      env: cleanEnv,
      stdio: ["ignore", "ignore", "pipe"],
      detached: true,
    });
    this.#daemon = daemon;
    this.#ended = exitCode(daemon);
    const ready = Promise.withResolvers<{ ssh: { port: number }; http: { port: number; httpsPort: number } }>();
    createInterface({ input: daemon.stderr as NodeJS.ReadableStream }).on("line", (line) => {
      this.log.push(line);
      const entry = parse(line);
      if (entry.msg === "ready") ready.resolve(entry as never);
    });
    void this.#ended.then((code) => ready.reject(new Error(`the daemon ended with ${code}:\n${this.log.join("\n")}`)));
    const addresses = await ready.promise;
    this.sshPort = addresses.ssh.port;
    this.httpPort = addresses.http.port;
    this.httpsPort = addresses.http.httpsPort;
  }

  /** Ends the daemon (the router goes on) and gives its exit code. */
  async signal(signal: NodeJS.Signals): Promise<number | null> {
    this.#daemon?.kill(signal);
    return this.#ended;
  }

  cli(...args: string[]): Promise<Result> {
    return run(main, ["--root", this.root, ...args]);
  }

  async cliOk(...args: string[]): Promise<string> {
    return runOk(main, ["--root", this.root, ...args]);
  }

  cliWith(stdin: string, ...args: string[]): Promise<Result> {
    return run(main, ["--root", this.root, ...args], { stdin });
  }

  get key(): string {
    return join(this.root, "client", "id");
  }

  /** Options that make `ssh` use this test's key and nothing of the machine. */
  sshOptions(key = this.key): string[] {
    const options = [
      "StrictHostKeyChecking=no",
      "UserKnownHostsFile=/dev/null",
      "IdentitiesOnly=yes",
      "LogLevel=ERROR",
    ];
    return ["-F", "/dev/null", "-i", key, ...options.flatMap((option) => ["-o", option])];
  }

  ssh(command: string, options: RunOptions = {}): Promise<Result> {
    return run("ssh", [...this.sshOptions(), "-p", String(this.sshPort), "berth@127.0.0.1", "--", command], options);
  }

  async sshOk(command: string, options: RunOptions = {}): Promise<string> {
    const result = await this.ssh(command, options);
    assert.equal(result.code, 0, `ssh ${command}\n${result.stdout}${result.stderr}`);
    return result.stdout;
  }

  gitEnv(): Record<string, string> {
    return { GIT_SSH_COMMAND: ["ssh", ...this.sshOptions()].join(" ") };
  }

  remote(app: string): string {
    return `ssh://berth@127.0.0.1:${this.sshPort}/${app}`;
  }

  git(cwd: string, ...args: string[]): Promise<Result> {
    return run("git", args, { cwd, env: this.gitEnv() });
  }

  async gitOk(cwd: string, ...args: string[]): Promise<string> {
    return runOk("git", args, { cwd, env: this.gitEnv() });
  }

  /** A repository with a sample app, on branch main, with one commit. */
  async repository(fixture: string): Promise<string> {
    const folder = await mkdtemp(join(this.root, "client", `${fixture}-`));
    await cp(join(checkout, "test/fixtures/apps", fixture), folder, { recursive: true });
    return this.commitAll(folder, "first");
  }

  /** A repository with these files. */
  async repositoryOf(files: Record<string, string>): Promise<string> {
    const folder = await mkdtemp(join(this.root, "client", "made-"));
    for (const [path, content] of Object.entries(files)) {
      await mkdir(join(folder, path, ".."), { recursive: true });
      await writeFile(join(folder, path), content);
    }
    return this.commitAll(folder, "first");
  }

  /** Commits everything in the folder; makes the repository where there is none. */
  async commitAll(folder: string, message: string): Promise<string> {
    await this.gitOk(folder, "init", "-q", "-b", "main");
    await this.gitOk(folder, "add", "-A");
    await this.gitOk(folder, "commit", "-q", "--allow-empty", "-m", message);
    return folder;
  }

  push(folder: string, app: string, ...refs: string[]): Promise<Result> {
    return this.git(folder, "push", this.remote(app), ...(refs.length > 0 ? refs : ["main"]));
  }

  /** Pushes and gives what the client was told. */
  async pushOk(folder: string, app: string, ...refs: string[]): Promise<string> {
    const result = await this.push(folder, app, ...refs);
    assert.equal(result.code, 0, `git push\n${result.stdout}${result.stderr}`);
    return result.stderr;
  }

  /** One request through the router, to the app's generated domain unless `host` is a full name. */
  fetch(host: string, path = "/", headers: Record<string, string> = {}): Promise<Answer> {
    const name = host.includes(".") ? host : `${host}.berth.test`;
    return new Promise((resolve, reject) => {
      const options = {
        host: "127.0.0.1",
        port: this.httpPort,
        path,
        headers: { host: name, ...headers },
        agent: false,
      };
      request(options, (response) => {
        text(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        );
      })
        .on("error", reject)
        .end();
    });
  }

  async instance(): Promise<string> {
    return (await readFile(join(this.root, "instance-id"), "utf8")).trim();
  }

  /** Ids of this daemon's containers, ended ones too. */
  async containers(...filters: string[]): Promise<string[]> {
    const all = [`label=berth.instance=${await this.instance()}`, ...filters];
    return words(await runOk("docker", ["ps", "-aq", "--no-trunc", ...all.flatMap((filter) => ["--filter", filter])]));
  }

  async dispose(): Promise<void> {
    if (process.env.BERTH_TEST_LOG) await writeFile(process.env.BERTH_TEST_LOG, this.log.join("\n"));
    if (this.#daemon?.exitCode === null) await this.signal("SIGTERM");
    await run(main, ["--root", this.root, "router:stop"]);
    const instance = await this.instance().catch(() => undefined);
    if (instance !== undefined) await removeInstance(instance);
    await rm(this.root, { recursive: true, force: true });
  }
}

function parse(line: string): { msg?: string } {
  try {
    return JSON.parse(line);
  } catch {
    return {};
  }
}

function words(output: string): string[] {
  return output.split(/\s+/).filter((word) => word !== "");
}

/** Everything on the engine that carries the instance's label. */
async function removeInstance(instance: string): Promise<void> {
  const filter = ["--filter", `label=berth.instance=${instance}`];
  const remove = async (list: string[], removal: string[]) => {
    const ids = words((await run("docker", [...list, "-q", ...filter])).stdout);
    if (ids.length > 0) await run("docker", [...removal, ...new Set(ids)]);
  };
  await remove(["ps", "-a"], ["rm", "-f", "-v"]);
  await remove(["volume", "ls"], ["volume", "rm", "-f"]);
  await remove(["network", "ls"], ["network", "rm"]);
  await remove(["images"], ["rmi", "-f"]);
  const script = join(checkout, "scripts/lib/instance.sh");
  await run("bash", ["-c", '. "$0"; remove_firewall_of "$1"', script, instance]);
}

/** Where helpers leave their clean-up: a test's context, or `afterSuite()`. */
export interface CleanUp {
  after(work: () => Promise<void>): void;
}

/** A daemon that serves and knows one key. */
export async function startBerth(t: CleanUp, ...flags: string[]): Promise<Berth> {
  const berth = await prepareBerth(t, ...flags);
  await berth.serve();
  const added = await berth.cliWith(await readFile(`${berth.key}.pub`, "utf8"), "ssh-keys:add", "ann");
  assert.equal(added.code, 0, added.stderr);
  return berth;
}

/** The same without starting it. */
export async function prepareBerth(t: CleanUp, ...flags: string[]): Promise<Berth> {
  const root = await mkdtemp(join(tmpdir(), "berth-test-"));
  const images = ["--run-image", runImage, "--build-image", buildImage];
  const common = ["--domain", "berth.test", "--router-workers", "1", "--log-level", "debug"];
  const hosts = ["--ssh-host", "127.0.0.1", "--http-host", "127.0.0.1", "--log-format", "json"];
  const berth = new Berth(root, [...common, ...hosts, ...images, ...flags]);
  t.after(() => berth.dispose());
  await mkdir(join(root, "client"), { recursive: true });
  await runOk("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-f", berth.key]);
  return berth;
}

/** Waits for something that happens by itself; fails with what was last seen. */
export async function eventually(look: () => Promise<void>, timeoutMs = 10_000): Promise<void> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    try {
      return await look();
    } catch (error) {
      if (Date.now() > deadline) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

import { execFile, spawn } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import pino from "pino";
import type { Execute } from "../../src/commands/session.ts";
import type { GitService } from "../../src/git/service.ts";
import { parsePublicKey } from "../../src/model/public-key.ts";
import { createSshServer, type SshServer, type SshServerOptions } from "../../src/ssh/server.ts";

const run = promisify(execFile);

export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface SshHost extends AsyncDisposable {
  readonly server: SshServer;
  readonly folder: string;
  readonly port: number;
  readonly keyFile: string;
  /** What the daemon logged, from `warn` upwards. */
  readonly problems: string[];
  /** Options of ssh that make it use nothing of this machine's. */
  sshOptions(extra?: readonly string[]): string[];
  ssh(command: readonly string[], options?: SshCallOptions): Promise<Outcome>;
  /** Makes a key pair and lets it in, or not. */
  addKey(type: string, name: string | undefined, bits?: number): Promise<string>;
  /** Lets a key in that was made elsewhere. */
  letIn(publicKey: string, name: string): void;
}

export interface SshCallOptions {
  readonly input?: string | Uint8Array;
  readonly options?: readonly string[];
  readonly key?: string;
}

export const noGit: GitService = {
  receivePack: async () => 99,
  uploadPack: async () => 99,
};

export interface HostOptions extends Partial<SshServerOptions> {
  readonly execute?: Execute;
}

export async function startSshHost(options: HostOptions = {}): Promise<SshHost> {
  const folder = await mkdtemp(join(tmpdir(), "berth-ssh-"));
  const keys = new Map<string, string>();
  const problems: string[] = [];
  let made = 0;
  const logger = pino({ level: "warn" }, { write: (line) => void problems.push(line) });
  const server = createSshServer({
    host: "127.0.0.1",
    port: 0,
    hostKeyFolder: join(folder, "host-keys"),
    authenticate: (fingerprint) => {
      const name = keys.get(fingerprint);
      return name === undefined ? undefined : { name };
    },
    execute: async () => 0,
    git: noGit,
    refuse: () => false,
    logger,
    ...options,
  });
  const { port } = await server.start();
  const addKey = async (type: string, name: string | undefined, bits?: number): Promise<string> => {
    const file = join(folder, `key-${++made}`);
    await run("ssh-keygen", [
      "-q",
      "-t",
      type,
      ...(bits ? ["-b", String(bits)] : []),
      "-N",
      "",
      "-C",
      "test",
      "-f",
      file,
    ]);
    if (name !== undefined) keys.set(parsePublicKey(await readFile(`${file}.pub`, "utf8")).fingerprint, name);
    return file;
  };
  const keyFile = await addKey("ed25519", "alice");
  const base = [
    "-F",
    "/dev/null",
    "-o",
    `UserKnownHostsFile=${folder}/known_hosts`,
    "-o",
    "GlobalKnownHostsFile=/dev/null",
  ];
  const host: SshHost = {
    server,
    folder,
    port,
    keyFile,
    problems,
    addKey,
    letIn: (publicKey, name) => void keys.set(parsePublicKey(publicKey).fingerprint, name),
    sshOptions: (extra = []) => [
      ...base,
      ...["-o", "StrictHostKeyChecking=accept-new", "-o", "IdentitiesOnly=yes", "-o", "IdentityAgent=none"],
      ...["-o", "BatchMode=yes", "-o", "LogLevel=ERROR", "-p", String(port)],
      ...extra,
    ],
    ssh: (command, { input, options: extra = [], key = keyFile } = {}) =>
      runProcess("ssh", [...extra, ...host.sshOptions(["-i", key]), "anyone@127.0.0.1", ...command], { input }),
    [Symbol.asyncDispose]: async () => {
      await server.stop(0);
      await rm(folder, { recursive: true, force: true });
    },
  };
  return host;
}

export interface ProcessOptions {
  readonly input?: string | Uint8Array | undefined;
  readonly cwd?: string | undefined;
  readonly env?: Record<string, string> | undefined;
  readonly timeoutMs?: number | undefined;
  /** Gets what is printed as it comes, and the process group. */
  readonly onOutput?: ((text: string, group: number) => void) | undefined;
}

export function runProcess(program: string, args: readonly string[], options: ProcessOptions = {}): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, {
      cwd: options.cwd,
      env: { PATH: "/usr/local/bin:/usr/bin:/bin", ...options.env },
      // A group of its own: Ctrl-C in a terminal reaches git and the ssh that it started.
      detached: true,
    });
    const timer = setTimeout(() => process.kill(-(child.pid ?? 0), "SIGKILL"), options.timeoutMs ?? 60_000);
    let stdout = "";
    let stderr = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      stdout += text;
      options.onOutput?.(text, child.pid ?? 0);
    });
    child.stderr.setEncoding("utf8").on("data", (text: string) => {
      stderr += text;
      options.onOutput?.(text, child.pid ?? 0);
    });
    child.stdin.on("error", () => undefined);
    child.stdin.end(options.input);
    child.on("error", reject);
    child.on("close", (code, signal) => {
      clearTimeout(timer);
      resolve({ code, signal, stdout, stderr });
    });
  });
}

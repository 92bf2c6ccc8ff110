import { chmod, mkdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { writeFileAtomically } from "../lib/atomic-file.ts";
import { ExecError, exec } from "../lib/exec.ts";
import { Mutex } from "../lib/mutex.ts";
import { quoteWord } from "../lib/shell-words.ts";
import { UserError } from "../model/errors.ts";
import type { GitCredentials } from "./credentials.ts";
import { type Machine, parseNetrc, showNetrc } from "./netrc.ts";

const scanSeconds = 10;

/** Where the credentials are kept: below one folder that is for the daemon's user alone. */
export function credentialFiles(folder: string) {
  return {
    folder,
    netrc: join(folder, ".netrc"),
    key: join(folder, "deploy-key"),
    knownHosts: join(folder, "known-hosts"),
  } as const;
}

/** What git needs in its environment to use them; libcurl finds the netrc file in HOME. */
export function credentialEnvironment(folder: string): Record<string, string> {
  const { key, knownHosts } = credentialFiles(folder);
  const options = [
    // ssh splits the value by rules of its own, behind the shell's.
    quoteWord(`UserKnownHostsFile="${knownHosts}"`),
    "GlobalKnownHostsFile=/dev/null",
    "StrictHostKeyChecking=yes",
    "BatchMode=yes",
    "IdentitiesOnly=yes",
    "ConnectTimeout=30",
  ];
  const ssh = ["ssh", "-F", "none", "-i", quoteWord(key), ...options.flatMap((option) => ["-o", option])];
  return { HOME: folder, GIT_SSH_COMMAND: ssh.join(" "), GIT_SSH_VARIANT: "ssh" };
}

/** Kept in files as git and ssh read them themselves. */
export function createHostCredentials(options: {
  readonly folder: string;
  readonly searchPath: string;
}): GitCredentials {
  return new HostCredentials(options);
}

class HostCredentials implements GitCredentials {
  readonly #files: ReturnType<typeof credentialFiles>;
  readonly #environment: Readonly<Record<string, string>>;
  readonly #changes = new Mutex();

  constructor({ folder, searchPath }: { readonly folder: string; readonly searchPath: string }) {
    this.#files = credentialFiles(folder);
    this.#environment = { PATH: searchPath, LC_ALL: "C", HOME: folder };
  }

  async setPassword(host: string, user: string, password: string): Promise<void> {
    for (const word of [user, password]) {
      if (!/^[\x21-\x7e]+$/.test(word)) {
        throw new UserError("invalid-credentials", "User name and password may have no blanks and no special letters", {
          hint: "Make an access token on the git server, and give that as the password",
        });
      }
    }
    await this.#changeNetrc((machines) => [...machines.filter((one) => one.host !== host), { host, user, password }]);
  }

  async removePassword(host: string): Promise<boolean> {
    const had = (await this.password(host)) !== undefined;
    if (had) await this.#changeNetrc((machines) => machines.filter((one) => one.host !== host));
    return had;
  }

  async password(host: string): Promise<{ user: string; password: string } | undefined> {
    return (await this.#machines()).find((one) => one.host === host);
  }

  async allowHost(host: string): Promise<string[]> {
    const { name, port } = splitHost(host);
    const found = await this.#scan(name, port);
    if (found.length === 0) throw unreachable(name, port);
    await this.#changes.run(async () => {
      await this.#makeFolder();
      const known = (await read(this.#files.knownHosts)).split("\n").filter((line) => line !== "");
      const hosts = new Set(found.map((line) => line.split(" ")[0]));
      const others = known.filter((line) => !hosts.has(line.split(" ")[0]));
      await writeFileAtomically(this.#files.knownHosts, `${[...others, ...found].join("\n")}\n`, 0o600);
    });
    return this.#fingerprints(found);
  }

  async publicKey(): Promise<string | undefined> {
    const text = await read(`${this.#files.key}.pub`);
    return text === "" ? undefined : text.trim();
  }

  async generateKey(): Promise<string> {
    const { key } = this.#files;
    await this.#changes.run(async () => {
      await this.#makeFolder();
      for (const file of [key, `${key}.pub`]) await rm(file, { force: true });
      await this.#run("ssh-keygen", ["-q", "-t", "ed25519", "-N", "", "-C", "berth", "-f", key]);
    });
    return (await this.publicKey()) ?? "";
  }

  async #scan(name: string, port: string): Promise<string[]> {
    const args = ["-T", String(scanSeconds), "-p", port, "--", name];
    const text = await this.#run("ssh-keyscan", args).catch((error: unknown) => {
      if (error instanceof ExecError && error.exitCode !== undefined) return "";
      throw error;
    });
    return text.split("\n").filter((line) => line !== "" && !line.startsWith("#"));
  }

  async #fingerprints(lines: readonly string[]): Promise<string[]> {
    const text = await this.#run("ssh-keygen", ["-l", "-f", "-"], lines.join("\n"));
    return text.split("\n").filter((line) => line !== "");
  }

  async #run(program: string, args: readonly string[], stdin?: string): Promise<string> {
    return (await exec(program, args, { env: this.#environment, stdin })).stdout.toString("utf8");
  }

  async #machines(): Promise<Machine[]> {
    return parseNetrc(await read(this.#files.netrc));
  }

  async #changeNetrc(change: (machines: Machine[]) => Machine[]): Promise<void> {
    await this.#changes.run(async () => {
      await this.#makeFolder();
      await writeFileAtomically(this.#files.netrc, showNetrc(change(await this.#machines())), 0o600);
    });
  }

  async #makeFolder(): Promise<void> {
    await mkdir(this.#files.folder, { recursive: true });
    await chmod(this.#files.folder, 0o700);
  }
}

/** `git.example.com`, `git.example.com:2222` or `[::1]:2222`. */
function splitHost(host: string): { name: string; port: string } {
  const [, bracketed, plain, port = "22"] =
    /^(?:\[([0-9a-f:.]+)\]|([a-z0-9][a-z0-9.-]*))(?::(\d{1,5}))?$/i.exec(host) ?? [];
  const name = bracketed ?? plain;
  if (name !== undefined) return { name, port };
  throw new UserError("invalid-host", `'${host}' is not the name of a host`, {
    hint: "For example: git.example.com, or git.example.com:2222",
  });
}

function unreachable(name: string, port: string): UserError {
  return new UserError("host-unreachable", `No ssh server answers at ${name}, port ${port}`, {
    hint: "See that the name is right, and that this machine can reach it",
  });
}

async function read(path: string): Promise<string> {
  return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
}

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { Readable } from "node:stream";
import pino from "pino";
import type { Source } from "../../src/builders/builder.ts";
import { createRepositories } from "../../src/git/bare-repositories.ts";
import { createGitService } from "../../src/git/git-service.ts";
import type { Repositories } from "../../src/git/repositories.ts";
import type { App } from "../../src/model/app.ts";
import { appMissing } from "../../src/model/errors.ts";
import type { Deployed, Job, Move, Operations } from "../../src/operations/operations.ts";
import { type Outcome, type ProcessOptions, runProcess, type SshHost, startSshHost } from "./ssh-host.ts";

export type ScriptedDeploy = (input: { app: string; source: Source }, job: Job) => Promise<void>;

/** As much of the operations as a push sees. */
export class FakeOperations {
  readonly apps = new Set<string>();
  readonly deploys: { app: string; commit: string; actor: string }[] = [];
  readonly properties = new Map<string, string>();
  readonly busy = new Map<string, string>();
  globalBranch = "";
  script: ScriptedDeploy = async () => undefined;

  async requireApp({ app }: { app: string }): Promise<App> {
    if (!this.apps.has(app)) throw appMissing(app);
    return { id: app, name: app, createdAt: 0, currentReleaseId: undefined, stopped: false };
  }

  async createApp({ name }: { name: string }): Promise<App> {
    this.apps.add(name);
    return await this.requireApp({ app: name });
  }

  async property({ app }: { app: string }) {
    await this.requireApp({ app });
    const raw = this.properties.get(app) ?? "";
    return { raw, global: this.globalBranch, computed: raw || this.globalBranch };
  }

  async setProperty({ app, value }: { app: string | undefined; value: string | undefined }): Promise<void> {
    this.properties.set(app ?? "", value ?? "");
  }

  async busyWith({ app }: { app: string }): Promise<string | undefined> {
    await this.requireApp({ app });
    return this.busy.get(app);
  }

  /** Set where a deploy is to keep its commit before it is done, as the real one does. */
  repositories: Repositories | undefined;
  /** Branches, by app, that the next push is to deploy again. */
  readonly again = new Map<string, string>();
  requireNormal = async () => undefined;
  settlePush = async () => undefined;
  branchToPushAgain = async ({ app }: { app: string }) => this.again.get(app);

  async deploy(input: { app: string; source: Source; move?: Move | undefined }, job: Job): Promise<Deployed> {
    this.apps.add(input.app);
    this.deploys.push({ app: input.app, commit: input.source.commit, actor: job.actor });
    this.busy.set(input.app, `deploy of ${input.source.commit.slice(0, 7)}`);
    try {
      await this.script(input, job);
      await this.repositories?.keep(input.app, input.source.commit, input.move?.quarantine);
    } finally {
      this.busy.delete(input.app);
    }
    return { urls: [`http://${input.app}.example.test`] } as unknown as Deployed;
  }
}

export interface GitHost extends AsyncDisposable {
  readonly ssh: SshHost;
  readonly operations: FakeOperations;
  readonly repositories: Repositories;
  /** Nothing is there at first. */
  readonly receiver: string;
  readonly folder: string;
  url(app: string): string;
  /** A repository of a user, with one commit on main. */
  project(files?: Record<string, string>): Promise<Project>;
  git(cwd: string, args: readonly string[], options?: Partial<ProcessOptions>): Promise<Outcome>;
}

export interface Project {
  readonly folder: string;
  git(args: readonly string[], options?: Partial<ProcessOptions>): Promise<Outcome>;
  /** Fails the test where git fails. */
  must(...args: string[]): Promise<string>;
  commit(files: Record<string, string>): Promise<string>;
}

export async function startGitHost(): Promise<GitHost> {
  const folder = await mkdtemp(join(tmpdir(), "berth-git-"));
  const operations = new FakeOperations();
  const problems: string[] = [];
  const logger = pino({ level: "error" }, { write: (line) => void problems.push(line) });
  const repositories = createRepositories({ folder: join(folder, "repositories"), logger });
  operations.repositories = repositories;
  const receiver = join(folder, "hooks", "receiver");
  const service = createGitService({
    repositories,
    operations: operations as unknown as Operations,
    receiver,
    logger,
  });
  const ssh = await startSshHost({ git: service, logger });
  const sshCommand = ["ssh", ...ssh.sshOptions(["-i", ssh.keyFile])].join(" ");
  const git: GitHost["git"] = (cwd, args, options = {}) =>
    runProcess("git", args, {
      cwd,
      ...options,
      env: { ...clientEnvironment, GIT_SSH_COMMAND: sshCommand, ...options.env },
    });
  let projects = 0;
  return {
    ssh: { ...ssh, problems },
    operations,
    repositories,
    receiver,
    folder,
    git,
    url: (app) => `ssh://git@127.0.0.1/${app}`,
    project: async (files = { Procfile: "web: run\n" }) => {
      const home = join(folder, `project-${++projects}`);
      await mkdir(home);
      const project = projectIn(home, git);
      await project.must("init", "-q", "-b", "main");
      await project.commit(files);
      return project;
    },
    [Symbol.asyncDispose]: async () => {
      await ssh[Symbol.asyncDispose]();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

const clientEnvironment = {
  HOME: "/nonexistent",
  GIT_CONFIG_NOSYSTEM: "1",
  GIT_CONFIG_GLOBAL: "/dev/null",
  GIT_AUTHOR_NAME: "A",
  GIT_AUTHOR_EMAIL: "a@example.test",
  GIT_COMMITTER_NAME: "A",
  GIT_COMMITTER_EMAIL: "a@example.test",
  LC_ALL: "C",
};

export function projectIn(folder: string, git: GitHost["git"]): Project {
  const must = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await git(folder, args);
    if (code !== 0) throw new Error(`git ${args.join(" ")}: ${code}\n${stderr}`);
    return stdout.trim();
  };
  return {
    folder,
    git: (args, options) => git(folder, args, options),
    must,
    commit: async (files) => {
      for (const [name, content] of Object.entries(files)) {
        await mkdir(dirname(join(folder, name)), { recursive: true });
        await writeFile(join(folder, name), content);
      }
      await must("add", "-A");
      await must("commit", "-q", "--allow-empty", "-m", "change");
      return await must("rev-parse", "HEAD");
    },
  };
}

/** Name -> content of the regular files in an archive, as tar itself reads it. */
export async function unpack(archive: Readable): Promise<{ names: string[]; folder: string } & AsyncDisposable> {
  const folder = await mkdtemp(join(tmpdir(), "berth-tar-"));
  const chunks: Buffer[] = [];
  for await (const chunk of archive as AsyncIterable<Buffer>) chunks.push(chunk);
  const { code, stderr } = await runProcess("tar", ["-xf", "-", "-C", folder], { input: Buffer.concat(chunks) });
  if (code !== 0) throw new Error(`tar: ${stderr}`);
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const names = entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
  return { names, folder, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) };
}

import { ExecError, exec } from "../lib/exec.ts";
import type { Logger } from "../lib/logger.ts";
import { UserError } from "../model/errors.ts";
import { checkAppName } from "../model/names.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";
import type { Operations } from "../operations/operations.ts";
import { appExists } from "./app-exists.ts";
import { Git, type GitOptions } from "./git.ts";
import { answerPush, type PushContext } from "./push-answer.ts";
import { PushVisits } from "./push-visits.ts";
import { receivePack } from "./receive-pack.ts";
import { createReceiver } from "./receiver.ts";
import { reportFailure } from "./report-failure.ts";
import type { Repositories } from "./repositories.ts";
import type { GitIo, GitService } from "./service.ts";

export interface GitServiceOptions extends GitOptions {
  readonly repositories: Repositories;
  readonly operations: Operations;
  /** Path of a program that takes pushes in place of the deploy, once it is there. */
  readonly receiver: string;
  readonly logger: Logger;
}

export function createGitService(options: GitServiceOptions): GitService {
  return new PushService(options);
}

class PushService implements GitService {
  readonly #context: PushContext;
  readonly #visits: PushVisits;
  /** Apps whose next push is to see all branches. */
  readonly #seen = new Set<string>();

  constructor({ repositories, operations, receiver: path, logger, ...options }: GitServiceOptions) {
    const git = new Git(options);
    this.#context = { git, repositories, operations, logger, receiver: createReceiver(path, git.environment) };
    this.#visits = new PushVisits(
      (app) => repositories.ensure(app),
      async (app) => {
        await repositories.putBack(app);
        // A push that came to nothing leaves nothing behind.
        if (!(await appExists(operations, app))) await repositories.remove(app);
      },
    );
  }

  receivePack(app: string, io: GitIo): Promise<number> {
    return this.#guard(app, io, async () => {
      checkAppName(app);
      await this.#context.operations.requireNormal();
      await this.#refuseWhileBusy(app);
      const existed = await appExists(this.#context.operations, app);
      return await this.#visits.during(app, () => this.#receive(app, existed, io));
    });
  }

  uploadPack(app: string, io: GitIo): Promise<number> {
    return this.#guard(app, io, async () => {
      checkAppName(app);
      const { git, operations, repositories } = this.#context;
      await operations.requireApp({ app });
      await repositories.ensure(app);
      return await this.#upload(git, repositories.path(app), io);
    });
  }

  async #receive(app: string, existed: boolean, io: GitIo): Promise<number> {
    const { git, repositories, logger } = this.#context;
    await this.#letPushAgain(app);
    let deployed: string | undefined;
    const onRefusal = () => void this.#seen.add(app);
    const code = await receivePack(git, repositories.path(app), io, async (call, output, signal) => {
      const push = { app, actor: io.actor, fingerprint: io.fingerprint, existed, call, signal, onRefusal };
      const answer = await answerPush(this.#context, push, output);
      deployed = answer.deployed;
      return answer.code;
    });
    if (deployed !== undefined) {
      // Whatever git has made of the push: the release is there.
      await this.#context.operations.settlePush({ app });
      await repositories.setHead(app, deployed);
      if (code !== 0) logger.error({ app, branch: deployed, code }, "deployed, but git did not update the branch");
    }
    return code;
  }

  /** What does not run as it was pushed may be pushed once more, although the branch is there already. */
  async #letPushAgain(app: string): Promise<void> {
    const { operations, repositories, receiver } = this.#context;
    if (this.#seen.delete(app) || (await receiver.present())) return;
    const branch = await operations.branchToPushAgain({ app });
    if (branch !== undefined) await repositories.setAside(app, branch);
  }

  /** Before the objects are sent: a push of many megabytes should not be for nothing. */
  async #refuseWhileBusy(app: string): Promise<void> {
    const { operations } = this.#context;
    if (!(await appExists(operations, app))) return;
    const busyWith = await operations.busyWith({ app });
    if (busyWith === undefined) return;
    throw new UserError("app-busy", `${app} has a deploy in progress (${busyWith})`, {
      hint: "Nothing was changed. Push again when it is done",
    });
  }

  async #upload(git: Git, repository: string, io: GitIo): Promise<number> {
    const { stdin, stdout, stderr, signal, protocol } = io;
    const env = { ...git.environment, ...(protocol === undefined ? {} : { GIT_PROTOCOL: protocol }) };
    try {
      await exec(git.program, ["upload-pack", "--strict", repository], { env, stdin, stdout, stderr, signal });
      return 0;
    } catch (error) {
      // git has told the client itself what was wrong.
      if (error instanceof ExecError && error.exitCode !== undefined) return error.exitCode;
      throw error;
    }
  }

  async #guard(app: string, io: GitIo, work: () => Promise<number>): Promise<number> {
    const logger = this.#context.logger;
    try {
      return await work();
    } catch (error) {
      const progress = createProgressPrinter((text) => io.stderr.write(text));
      return reportFailure(error, progress, { logger, app, signal: io.signal });
    }
  }
}

import type { Writable } from "node:stream";
import type { Logger } from "../lib/logger.ts";
import { UserError } from "../model/errors.ts";
import type { Progress } from "../model/progress.ts";
import { createProgressPrinter } from "../model/progress-printer.ts";
import type { Operations } from "../operations/operations.ts";
import { appExists } from "./app-exists.ts";
import type { Git } from "./git.ts";
import type { HookCall } from "./hook-call.ts";
import { checkRefs, decidePush, isDeletion, type PushDecision } from "./push-decision.ts";
import { createPushOutput } from "./push-output.ts";
import { quarantineEnvironment } from "./quarantine.ts";
import type { Receiver } from "./receiver.ts";
import { reportFailure } from "./report-failure.ts";
import type { Repositories } from "./repositories.ts";

export interface PushContext {
  readonly git: Git;
  readonly repositories: Repositories;
  readonly operations: Operations;
  readonly receiver: Receiver;
  readonly logger: Logger;
}

export interface Push {
  readonly app: string;
  readonly actor: string;
  readonly fingerprint: string;
  /** Whether the app was there when the push began. */
  readonly existed: boolean;
  readonly call: HookCall;
  /** Called where the next push is to see the branch as it is. */
  onRefusal(): void;
  readonly signal: AbortSignal;
}

export interface PushAnswer {
  /** 0 lets git update the refs. */
  readonly code: number;
  /** The branch that was deployed, if one was. */
  readonly deployed: string | undefined;
}

/** Decides on a push, deploys it, and tells the client. Never throws. */
export async function answerPush(context: PushContext, push: Push, stream: Writable): Promise<PushAnswer> {
  const output = createPushOutput(stream);
  const progress = createProgressPrinter(output.write);
  const last = createProgressPrinter(output.insist);
  try {
    const decision = await decide(context, push);
    if (decision.kind === "keep") {
      if (decision.notice !== undefined) last.step(decision.notice);
      if (decision.advice !== undefined) last.detail(decision.advice);
      return { code: 0, deployed: undefined };
    }
    await take(context, push, decision, { progress, last, write: output.write });
    return { code: 0, deployed: decision.branch };
  } catch (error) {
    reportFailure(error, last, { logger: context.logger, app: push.app, signal: push.signal });
    return { code: 1, deployed: undefined };
  }
}

async function decide({ git, repositories, operations }: PushContext, push: Push): Promise<PushDecision> {
  const { app, call, existed } = push;
  checkRefs(call.updates);
  if (!(await appExists(operations, app))) {
    if (existed) {
      throw new UserError("app-missing", `${app} was renamed or destroyed during the push`, {
        hint: "Nothing was changed",
      });
    }
    await operations.createApp({ name: app });
    await repositories.stamp(app);
  }
  const { computed } = await operations.property({ app, key: "git.deploy-branch" });
  const decision = decidePush(app, call.updates, computed === "" ? undefined : computed);
  if (decision.kind === "deploy") {
    await checkDeployable(git, repositories.path(app), call, decision);
    await checkContinues(push, repositories, decision);
  }
  return decision;
}

/** git looks at these only after the hook, when the app would be deployed already. */
async function checkDeployable(
  git: Git,
  repository: string,
  call: HookCall,
  { branch, commit }: { branch: string; commit: string },
): Promise<void> {
  const commands = git.in(repository, quarantineEnvironment(call.quarantine));
  // Both at once: each is a process, and the user waits.
  const [type, below] = await Promise.all([
    commands.raw(["cat-file", "-t", commit]).then((text) => text.trim()),
    commands.raw(["for-each-ref", "--format=%(refname)", `refs/heads/${branch}/`]),
  ]);
  if (type !== "commit") {
    throw new UserError("not-a-commit", `A ${type} was pushed to '${branch}', which takes commits only`, {
      hint: `For a tag, push the commit it points to: git push berth TAG^{}:${branch}`,
    });
  }
  const deleted = new Set(call.updates.filter(isDeletion).map(({ ref }) => ref));
  const inTheWay = below.split("\n").find((ref) => ref !== "" && !deleted.has(ref));
  if (inTheWay !== undefined) {
    throw new UserError("branch-in-the-way", `'${branch}' cannot be a branch while there is ${inTheWay}`, {
      hint: `Delete that one first: git push berth :${inTheWay}`,
    });
  }
}

/** The client was shown no branch, and so could not see that it leaves commits behind. */
async function checkContinues(
  { app, call, onRefusal }: Push,
  repositories: Repositories,
  { branch, commit }: { branch: string; commit: string },
): Promise<void> {
  if (await repositories.continues(app, branch, commit, call.quarantine)) return;
  onRefusal();
  throw new UserError("push-behind", `'${branch}' of ${app} has commits that this push does not have`, {
    hint: "Fetch and merge them (git pull), or push with --force once more to leave them behind",
  });
}

async function take(
  context: PushContext,
  push: Push,
  { branch, commit, isFirst }: Extract<PushDecision, { kind: "deploy" }>,
  { progress, last, write }: { progress: Progress; last: Progress; write: (text: string) => void },
): Promise<void> {
  const { repositories, operations, receiver, logger } = context;
  const { app, actor, fingerprint, call, signal } = push;
  const source = await repositories.source(app, commit, { quarantine: call.quarantine, signal, progress });
  const received = await receiver.present();
  let urls: readonly string[] = [];
  if (received) await receiver.run({ app, source, actor, fingerprint }, write, signal);
  else {
    const move = { branch, quarantine: call.quarantine, isFirst };
    ({ urls } = await operations.deploy({ app, source, move }, { progress, signal, actor }));
  }
  if (isFirst) {
    try {
      await operations.setProperty({ app, key: "git.deploy-branch", value: branch });
      last.step(`Set ${branch} as deploy-branch`);
    } catch (error) {
      // The push is taken: refusing the branch now would leave it running what its repository does not have.
      logger.error({ err: error, app, branch }, "deploy branch not remembered");
    }
  }
  if (received) return;
  last.headline("Application deployed:");
  for (const url of urls) last.detail(url);
  last.line("");
}

import { withoutPassword } from "../lib/printable.ts";
import type { App } from "../model/app.ts";
import type { Context } from "./context.ts";
import { ensureApp } from "./create-app.ts";
import { deploy } from "./deploy.ts";
import type { Deployed, Job, Synced, SyncInput } from "./operations.ts";
import { pendingMove, settlePush } from "./pending-move.ts";
import { textProperty } from "./properties.ts";
import { setProperty } from "./set-property.ts";

/** The branch moves last: one that moved before a build that fails would say what does not run. */
export async function syncRepository(context: Context, input: SyncInput, job: Job): Promise<Synced> {
  const { url, ref } = input;
  const app = await ensureApp(context, input.app);
  job.progress.step(`Cloning ${app.name} from ${withoutPassword(url)}${ref === undefined ? "" : `#${ref}`}`);
  const { commit, branch: remoteBranch } = await context.repositories.fetch(app.name, { url, ref }, job.signal);
  const branch = branchFor(context, app, remoteBranch, input.setDeployBranch);
  const deployed = await build(context, { app, commit, branch, when: input.build }, job);
  await context.repositories.setBranch(app.name, branch, commit);
  if (deployed !== undefined) await settlePush(context, { app: app.name });
  if (input.setDeployBranch && remoteBranch !== undefined) {
    job.progress.detail(`Detected branch, setting deploy-branch to ${remoteBranch}`);
    await setProperty(context, { app: app.name, key: "git.deploy-branch", value: remoteBranch });
  }
  return { branch, commit, deployed };
}

function branchFor(context: Context, app: App, remote: string | undefined, follows: boolean): string {
  const own = textProperty(context, app.id, "git.deploy-branch") || "main";
  return follows ? (remote ?? own) : own;
}

interface BuildInput {
  readonly app: App;
  readonly commit: string;
  readonly branch: string;
  readonly when: SyncInput["build"];
}

async function build(
  context: Context,
  { app, commit, branch, when }: BuildInput,
  job: Job,
): Promise<Deployed | undefined> {
  if (when === "never") return undefined;
  const { repositories } = context;
  if (when === "if-changed" && (await isDeployed(context, app, branch, commit))) {
    job.progress.detail("Skipping build as no changes were detected");
    return undefined;
  }
  const { signal, progress } = job;
  const source = await repositories.source(app.name, commit, { signal, progress });
  return deploy(context, { app: app.name, source, move: { branch } }, job);
}

/** What was synced without a build before is not built yet. */
async function isDeployed(context: Context, app: App, branch: string, commit: string): Promise<boolean> {
  const { release, pending } = context.store.read((view) => {
    const id = view.apps.byId(app.id)?.currentReleaseId;
    return { release: id === undefined ? undefined : view.releases.byId(id), pending: pendingMove(view, app.id) };
  });
  if (release?.commit !== commit || pending !== undefined) return false;
  return (await context.repositories.tip(app.name, branch)) === commit;
}

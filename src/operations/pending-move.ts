import { forEachLimited } from "../lib/for-each-limited.ts";
import type { App } from "../model/app.ts";
import { imagesOf } from "../model/runtime.ts";
import type { Changes, View } from "../store/store.ts";
import type { Context } from "./context.ts";
import { textProperty } from "./properties.ts";
import { currentRelease } from "./require-app.ts";

const key = "git.pending-move";

/** A branch that is to be at a commit because that was released; git, or whoever deployed it, has yet to move it. */
export interface PendingMove {
  readonly branch: string;
  readonly commit: string;
}

/** What a deploy that was killed after its release has left to do. */
export function pendingMove(view: View, appId: string): PendingMove | undefined {
  const text = view.properties.get(appId, key);
  return text === undefined ? undefined : (JSON.parse(text) as PendingMove);
}

/** In the transaction that makes the release current: either both are there after a kill, or neither. */
export function setPendingMove(changes: Changes, appId: string, move: PendingMove | undefined): void {
  changes.properties.set(appId, key, move && JSON.stringify(move));
}

export async function settlePush(context: Context, input: { app: string }): Promise<void> {
  const app = context.store.read((view) => view.apps.byName(input.app));
  const move = app && context.store.read((view) => pendingMove(view, app.id));
  if (app === undefined || move === undefined) return;
  await carryOut(context, app, move);
  context.store.write((changes) => {
    // Another deploy may have begun: its move is its own.
    if (pendingMove(changes, app.id)?.commit === move.commit) setPendingMove(changes, app.id, undefined);
  });
}

/**
 * At the start: the branch goes to what runs. The move stays noted, as whoever pushed has not heard that it was deployed: a push
 * of the same commit deploys it once more.
 */
export async function completeMoves(context: Context): Promise<void> {
  const apps = context.store.read((view) => view.apps.list());
  await forEachLimited(apps, 4, async (app) => {
    const move = context.store.read((view) => pendingMove(view, app.id));
    try {
      await context.repositories.putBack(app.name);
      if (move === undefined) return;
      if (await context.repositories.isWhole(app.name, move.commit)) await carryOut(context, app, move);
      else context.logger.warn({ app: app.name, ...move }, "the commit that runs is not whole in the repository");
    } catch (error) {
      context.logger.error({ err: error, app: app.name, ...move }, "repository could not be brought to what runs");
    }
  });
}

async function carryOut({ repositories, logger }: Context, app: App, { branch, commit }: PendingMove): Promise<void> {
  if ((await repositories.tip(app.name, branch)) === commit) return;
  await repositories.setBranch(app.name, branch, commit);
  logger.info({ app: app.name, branch, commit }, "branch moved to the commit that was released");
}

export async function branchToPushAgain(context: Context, input: { app: string }): Promise<string | undefined> {
  const state = context.store.read((view) => {
    const app = view.apps.byName(input.app);
    return app && { app, release: currentRelease(view, app), pending: pendingMove(view, app.id) };
  });
  if (state === undefined || context.locks.busyWith(state.app.id) !== undefined) return undefined;
  const { app, release, pending } = state;
  const branch = pending?.branch ?? textProperty(context, app.id, "git.deploy-branch");
  const tip = branch === "" ? undefined : await context.repositories.tip(app.name, branch);
  if (tip === undefined) return undefined;
  if (release === undefined || release.commit !== tip || pending !== undefined) return branch;
  const there = await Promise.all(imagesOf(release).map((image) => context.images.exists(image)));
  return there.every(Boolean) ? undefined : branch;
}

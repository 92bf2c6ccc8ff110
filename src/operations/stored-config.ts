import type { App, ConfigVars } from "../model/app.ts";
import type { Release } from "../model/release.ts";
import type { Changes, View } from "../store/store.ts";
import type { Context } from "./context.ts";
import type { Job } from "./operations.ts";
import { runReleasePhase } from "./release-phase.ts";
import { activateRelease, draftRelease } from "./releases.ts";

interface Serving {
  readonly app: App;
  readonly release: Release;
}

/** What the app's dynos run after a restart. */
export interface Renewed {
  readonly release: Release;
  /** False for the release that serves already. */
  readonly isNew: boolean;
  /** Makes it the one that serves, and notes that the app's dynos are wanted. */
  activate(changes: Changes): void;
}

/** Names of the config vars that differ from the release's: `config:set --no-restart` and its like have stored them. */
export function waitingVars(view: View, { app, release }: Serving): string[] {
  const stored = view.config.of(app.id);
  const names = new Set([...Object.keys(stored), ...Object.keys(release.config)]);
  return [...names].filter((name) => ownValue(stored, name) !== ownValue(release.config, name)).sort();
}

/**
 * Releases are immutable, so config vars that wait need a new one. It has what any new release has, a release phase too.
 * The caller holds the app's lock.
 */
export async function renewRelease(context: Context, { app, release }: Serving, job: Job): Promise<Renewed> {
  const { waiting, config } = context.store.read((view) => ({
    waiting: waitingVars(view, { app, release }),
    config: view.config.of(app.id),
  }));
  if (waiting.length === 0) return { release, isNew: false, activate: (changes) => start(changes, app.id) };
  const next = draftRelease(context, app, {
    image: release.image,
    processTypes: release.processTypes,
    runtime: release.runtime,
    commit: release.commit,
    buildId: release.buildId,
    config,
    description: describe(waiting, config),
    createdBy: job.actor,
  });
  job.progress.step(`Releasing ${app.name} v${next.version} with changed config vars: ${waiting.join(", ")}`);
  await runReleasePhase(context, { app, release: next }, job);
  return { release: next, isNew: true, activate: (changes) => activateRelease(changes, next, { stopped: false }) };
}

function start(changes: Changes, appId: string): void {
  const app = changes.apps.byId(appId);
  if (app !== undefined) changes.apps.update({ ...app, stopped: false });
}

/** `Set config vars: A; unset: B` */
function describe(names: readonly string[], config: ConfigVars): string {
  const set = names.filter((name) => Object.hasOwn(config, name));
  const unset = names.filter((name) => !Object.hasOwn(config, name));
  if (set.length === 0) return `Unset config vars: ${unset.join(", ")}`;
  return `Set config vars: ${set.join(", ")}${unset.length === 0 ? "" : `; unset: ${unset.join(", ")}`}`;
}

function ownValue(config: ConfigVars, name: string): string | undefined {
  return Object.hasOwn(config, name) ? config[name] : undefined;
}

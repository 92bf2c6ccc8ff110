import type { Logger } from "../lib/logger.ts";
import { messageOf } from "../model/errors.ts";
import type { DockerEngine } from "./engine.ts";
import { type Kind, labels } from "./labels.ts";

const shortLived: readonly (string | undefined)[] = ["run", "build", "slug"] satisfies Kind[];

/** Containers of one-off runs and builds that have ended: whoever ran one could not remove it. Not while something is built. */
export async function endedContainers(engine: DockerEngine, instance: string): Promise<string[]> {
  const found = await engine.containers.list({ [labels.instance]: instance });
  const ended = found.filter(({ status }) => status === "exited" || status === "dead");
  return ended.filter((container) => shortLived.includes(container.labels[labels.kind])).map(({ id }) => id);
}

/**
 * Removes what a daemon that was killed left behind: containers of one-off runs and builds that another run of the daemon
 * made, and dynos it had created but not yet started. To be called before this daemon starts any. Gives how many went.
 */
export async function sweep(engine: DockerEngine, instance: string, logger: Logger): Promise<number> {
  const found = await engine.containers.list({ [labels.instance]: instance });
  const left: string[] = [];
  for (const container of found) {
    const kind = container.labels[labels.kind];
    const orphan = shortLived.includes(kind) && container.labels[labels.session] !== engine.session;
    const unborn = kind === "dyno" && container.status === "created";
    if (orphan || unborn) left.push(container.id);
  }
  const results = await Promise.allSettled(left.map((id) => engine.containers.remove(id)));
  const failed = results.filter((result) => result.status === "rejected");
  // A container that the engine cannot remove (a busy device) must not keep Berth from starting.
  for (const { reason } of failed) logger.warn({ reason: messageOf(reason) }, "a leftover container cannot be removed");
  return left.length - failed.length;
}

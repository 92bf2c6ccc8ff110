import type { DockerEngine } from "./engine.ts";
import { type Kind, labels } from "./labels.ts";

export const shortLived: readonly (string | undefined)[] = ["run", "build", "slug"] satisfies Kind[];

/** Containers of one-off runs and builds that have ended: whoever ran one could not remove it. Not while something is built. */
export async function endedContainers(engine: DockerEngine, instance: string): Promise<string[]> {
  const found = await engine.containers.list({ [labels.instance]: instance });
  const ended = found.filter(({ status }) => status === "exited" || status === "dead");
  return ended.filter((container) => shortLived.includes(container.labels[labels.kind])).map(({ id }) => id);
}

import { labels } from "../docker/labels.ts";
import { localInstance, type Workshop } from "./workshop.ts";

/** Removes ended containers that an earlier `berth build` of this image, which was killed, has left behind. */
export async function sweepLeftovers({ engine }: Workshop, app: string): Promise<void> {
  const found = await engine.containers.list({ [labels.instance]: localInstance, [labels.app]: app });
  const left = found.filter(({ status }) => status === "exited" || status === "dead");
  await Promise.all(left.map(({ id }) => engine.containers.remove(id)));
}

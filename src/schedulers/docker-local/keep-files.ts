import { splitReference } from "../../docker/reference.ts";
import type { RunSpec } from "../scheduler.ts";
import type { Context } from "./context.ts";

/**
 * Makes an image of what a one-off dyno has left behind, where that is wanted. Of the container itself, which is its image's
 * child, it takes nothing.
 */
export async function keepFiles(context: Context, id: string, spec: RunSpec, signal: AbortSignal): Promise<void> {
  if (spec.saveAs === undefined) return;
  const { containers, images } = context.engine;
  const image = await images.inspect(spec.image);
  if (image === undefined) throw new Error(`image ${spec.image} is gone while a dyno runs it`);
  const config = {
    Cmd: image.command,
    Entrypoint: image.entrypoint,
    Labels: image.labels,
    // A name without a value keeps the container's own value, a config var's, out of the image.
    Env: Object.keys(spec.config),
  };
  await containers.commit(id, splitReference(spec.saveAs), config, signal);
}

import type { ImageStore } from "../builders/builder.ts";
import { UserError } from "../model/errors.ts";
import type { DockerEngine, Labels } from "./engine.ts";
import { EngineError, hasStatus } from "./errors.ts";
import { imageFiles } from "./image-files.ts";
import { type Kind, labels } from "./labels.ts";
import { endedContainers } from "./sweep.ts";

/** The images, build caches and ended builds of one Berth. What does not carry its label is not there for it. */
export function createImageStore({ engine, instance }: { engine: DockerEngine; instance: string }): ImageStore {
  // What somebody has made of an image of ours, or has given a name of his own, carries our labels too.
  const named = async (kind: Kind): Promise<string[]> => {
    const found = await engine.images.list({ [labels.instance]: instance, [labels.kind]: kind });
    return found.filter(hasOurName);
  };
  const hasOurName = (reference: string): boolean => reference.startsWith(`berth-${instance}/`);
  const isOurs = (found: Labels | undefined): boolean => found?.[labels.instance] === instance;
  return {
    list: () => named("image"),
    exists: async (reference) => isOurs((await engine.images.inspect(reference))?.labels),
    remove: async (reference) => {
      if (!hasOurName(reference) || !isOurs((await engine.images.inspect(reference))?.labels)) return;
      try {
        await engine.images.remove(reference);
      } catch (error) {
        if (!hasStatus(error, 409)) throw error;
        throw new UserError("image-in-use", `Image ${reference} is in use by a container`, { cause: error });
      }
    },
    removeLeftovers: async (appIds) => {
      const ours = { [labels.instance]: instance };
      const ended = await endedContainers(engine, instance);
      // First: they keep the images that they were made of.
      const containers = await Promise.allSettled(ended.map((id) => engine.containers.remove(id)));
      const bases = await named("base");
      const caches = await engine.volumes.list({ ...ours, [labels.kind]: "cache" });
      const known = new Set(appIds().flatMap((id) => [baseImage(instance, id), cacheVolume(instance, id)]));
      const removals = [
        ...bases.filter((name) => !known.has(name)).map((name) => engine.images.remove(name)),
        ...caches.filter(({ name }) => !known.has(name)).map(({ name }) => engine.volumes.remove(name)),
      ];
      // What a build or a container still uses, the engine keeps; the next time it may go.
      const results = [...containers, ...(await Promise.allSettled(removals))];
      const removed = results.filter(({ status }) => status === "fulfilled").length;
      return removed + (await engine.images.pruneUntagged(ours));
    },
    files: (app, reference, paths) => imageFiles(engine, { instance, app }, { reference, paths }),
    id: async (reference) => (await engine.images.inspect(reference))?.id,
    pull: async (reference, progress, signal) => {
      try {
        await engine.images.pull(reference, (line) => progress.detail(line), signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof EngineError)) throw error;
        throw new UserError("image-not-pulled", `Failed to pull image: ${reference}`, {
          details: [error.message],
          hint: "An image that is on this host needs no registry: git:load-image takes one that docker save has written",
          cause: error,
        });
      }
    },
    load: async (tar, signal) => {
      try {
        return await engine.images.load(tar, signal);
      } catch (error) {
        signal.throwIfAborted();
        if (!(error instanceof EngineError)) throw error;
        throw new UserError("image-not-loaded", `The engine cannot load that: ${error.message}`, {
          hint: "Standard input must be what docker save writes: docker save IMAGE | ssh ... git:load-image APP IMAGE",
          cause: error,
        });
      }
    },
    removeData: async (appId) => {
      const ofApp = { [labels.instance]: instance, [labels.appId]: appId };
      for (const { name } of await engine.volumes.list({ ...ofApp, [labels.kind]: "data" })) {
        await engine.volumes.remove(name);
      }
      for (const { id } of await engine.networks.list({ ...ofApp, [labels.kind]: "app-network" })) {
        await engine.networks.remove(id);
      }
    },
    removeCache: async (appId) => {
      const base = baseImage(instance, appId);
      if (isOurs((await engine.images.inspect(base))?.labels)) await engine.images.remove(base);
      const volume = cacheVolume(instance, appId);
      if (!isOurs(await engine.volumes.labels(volume))) return;
      // The container of the last build may just be on its way out: it goes behind the push's back.
      const users = await engine.containers.list({ [labels.instance]: instance, [labels.cache]: volume });
      await Promise.all(users.map(({ id }) => engine.containers.remove(id)));
      await engine.volumes.remove(volume);
    },
  };
}

/** Name of the volume that keeps what an app's builds want to find again. */
export function cacheVolume(instance: string, appId: string): string {
  return `berth-${instance}-cache-${appId}`;
}

/** Reference of the image with what the app's builds have in common: see scripts/image/build/build. */
export function baseImage(instance: string, appId: string): string {
  return `berth-${instance}/base:${appId}`;
}

import type { ConfigVars } from "../model/app.ts";
import { trust } from "../model/authorities.ts";
import type { DynoOrigin } from "../model/dyno.ts";
import type { Release } from "../model/release.ts";
import type { EngineInventory, Thing, ThingKind } from "../operations/inventory.ts";
import type { ContainerDetails, ContainerSummary, DockerEngine, Labels } from "./engine.ts";
import { hasStatus } from "./errors.ts";
import { labels } from "./labels.ts";
import { stampOf } from "./stamped-engine.ts";
import { shortLived } from "./sweep.ts";

const volumeKinds = { cache: "cache", data: "data" } as const;
const networkKinds = { "app-network": "app-network", probe: "probe" } as const;

interface Options {
  readonly engine: DockerEngine;
  readonly instance: string;
}

/** What carries this Berth's label on the engine. Its network, and what this run of the daemon uses at the moment, is not listed. */
export function createEngineInventory({ engine, instance }: Options): EngineInventory {
  const ours = { [labels.instance]: instance };
  const removals: { readonly [Kind in ThingKind]?: (id: string) => Promise<void> } = {
    dyno: async (id) => {
      await engine.containers.stop(id);
      await engine.containers.remove(id);
    },
    container: (id) => engine.containers.remove(id),
    image: (id) => engine.images.remove(id),
    base: (id) => engine.images.remove(id),
    untagged: async (id) => {
      try {
        await engine.images.remove(id);
      } catch (error) {
        // A container that somebody has made of it uses it.
        if (!hasStatus(error, 409)) throw error;
      }
    },
    cache: (id) => engine.volumes.remove(id),
    data: (id) => engine.volumes.remove(id),
    "app-network": (id) => engine.networks.remove(id),
    probe: (id) => engine.networks.remove(id),
  };
  return {
    list: async () => {
      const [containers, images, untagged, volumes, networks] = await Promise.all([
        engine.containers.list(ours),
        engine.images.summaries(ours),
        engine.images.untagged(ours),
        engine.volumes.list(ours),
        engine.networks.list(ours),
      ]);
      return [
        ...containers.flatMap((container) => containerThing(engine.session, container)),
        ...images.flatMap(({ reference, labels: own }) => imageThing(instance, reference, own)),
        ...untagged.map((id): Thing => ({ kind: "untagged", id })),
        ...volumes.flatMap(({ name, labels: own }) => thing(volumeKinds, name, own)),
        ...networks.flatMap(({ id, labels: own }) => thing(networkKinds, id, own)),
      ];
    },
    remove: async ({ kind, id }) => {
      await removals[kind]?.(id);
    },
    releaseOf: async (dynoId) => {
      const found = await engine.containers.inspect(dynoId);
      return found && releaseOf(found);
    },
  };
}

function containerThing(session: string, { id, labels: own, status }: ContainerSummary): Thing[] {
  const kind = own[labels.kind];
  const isDead = shortLived.includes(kind) && own[labels.session] !== session;
  if (isDead || (kind === "dyno" && status === "created")) return [{ kind: "container", id, ...commonOf(own) }];
  const [release, dyno] = [Number(own[labels.release]), own[labels.dyno]];
  return kind === "dyno" ? [{ kind, id, ...commonOf(own), release, dyno }] : [];
}

/** What somebody has made of an image of ours, or has given a name of his own, carries our labels too. */
function imageThing(instance: string, reference: string, own: Labels): Thing[] {
  if (!reference.startsWith(`berth-${instance}/`)) return [];
  const kind = own[labels.kind];
  if (kind === "base") return [{ kind, id: reference, ...commonOf(own), appId: afterLast(reference, ":") }];
  if (kind !== "image") return [];
  return [{ kind, id: reference, ...commonOf(own), commit: own[labels.commit], builder: own[labels.builder] }];
}

function thing(kinds: Readonly<Record<string, ThingKind>>, id: string, own: Labels): Thing[] {
  const kind = kinds[own[labels.kind] ?? ""];
  if (kind === undefined) return [];
  const common = commonOf(own);
  // berth-INSTANCE-cache-APPID: made before volumes had a label for it.
  const appId = common.appId ?? (kind === "cache" ? /-cache-(.+)$/.exec(id)?.[1] : undefined);
  return [{ kind, id, ...common, appId }];
}

function commonOf(own: Labels): Pick<Thing, "app" | "appId" | "stamp"> {
  return { app: own[labels.app], appId: own[labels.appId], stamp: stampOf(own) };
}

function afterLast(text: string, separator: string): string {
  return text.slice(text.lastIndexOf(separator) + 1);
}

function releaseOf({ labels: own, env, image, command, createdAt }: ContainerDetails): Release {
  const version = Number(own[labels.release]);
  const origin = own[labels.origin];
  if (origin !== undefined) {
    const { configKeys, ...release } = JSON.parse(origin) as DynoOrigin;
    return { ...release, version, config: configOf(env, (key) => configKeys.includes(key)) };
  }
  const line = command[0] === "/exec" ? command[3] : undefined;
  return {
    id: "",
    appId: own[labels.appId] ?? "",
    version,
    image,
    config: configOf(env, (key) => !givenKeys.includes(key)),
    processTypes: { [own[labels.processType] ?? "web"]: line ?? "" },
    ...(line === undefined && { runtime: {} }),
    commit: undefined,
    buildId: afterLast(image, ":"),
    description: "Taken up from what ran",
    createdBy: "recover:adopt",
    createdAt,
  };
}

const givenKeys = ["DYNO", "PORT", ...Object.keys(trust)];

function configOf(env: readonly string[], wanted: (key: string) => boolean): ConfigVars {
  const pairs = env.map((entry) => {
    const end = entry.indexOf("=");
    return [entry.slice(0, end), entry.slice(end + 1)] as const;
  });
  return Object.fromEntries(pairs.filter(([key]) => wanted(key)));
}

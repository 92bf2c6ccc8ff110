import type { Thing, ThingKind } from "../operations/inventory.ts";

const words: Readonly<Record<ThingKind, readonly [string, string]>> = {
  dyno: ["running dyno", "running dynos"],
  container: ["ended container", "ended containers"],
  image: ["image", "images"],
  untagged: ["untagged image", "untagged images"],
  base: ["base image", "base images"],
  cache: ["build cache", "build caches"],
  data: ["data volume", "data volumes"],
  "app-network": ["network", "networks"],
  probe: ["unused network", "unused networks"],
  repository: ["repository", "repositories"],
  unfinished: ["unfinished file", "unfinished files"],
  "access-log": ["access log", "access logs"],
  page: ["error page", "error pages"],
  scratch: ["temporary file", "temporary files"],
};

/** One line an app: `shop: 2 running dynos, 3 images, 1 repository`. */
export function describeThings(things: readonly Thing[]): string[] {
  const apps = new Map<string, Thing[]>();
  for (const thing of things) {
    const app = thing.app ?? "of no app";
    apps.set(app, [...(apps.get(app) ?? []), thing]);
  }
  return [...apps].sort(([a], [b]) => (a < b ? -1 : 1)).map(([app, own]) => `${app}: ${countByKind(own)}`);
}

function countByKind(things: readonly Thing[]): string {
  const kinds = Object.keys(words) as ThingKind[];
  return kinds
    .map((kind) => ({ kind, count: things.filter((thing) => thing.kind === kind).length }))
    .filter(({ count }) => count > 0)
    .map(({ kind, count }) => `${count} ${words[kind][count === 1 ? 0 : 1]}`)
    .join(", ");
}

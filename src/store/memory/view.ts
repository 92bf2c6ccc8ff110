import type { Stamp } from "../../model/stamp.ts";
import type { View } from "../store.ts";
import type { State } from "./state.ts";

/** `state` gives the transaction's own state and throws outside of one. */
export function createView(state: () => State): View {
  return {
    apps: {
      list: () => copies(state().apps).sort(by((app) => app.name)),
      byName: (name) => find(state().apps, (app) => app.name === name),
      byId: (id) => structuredClone(state().apps.get(id)),
    },
    keys: {
      list: () => copies(state().keys).sort(by((key) => key.name)),
      byFingerprint: (fingerprint) => structuredClone(state().keys.get(fingerprint)),
      byName: (name) => find(state().keys, (key) => key.name === name),
    },
    config: { of: (appId) => sorted(state().config.get(appId)) },
    builds: {
      of: (appId) => oldestFirst(copies(state().builds, (build) => build.appId === appId)),
      byId: (id) => structuredClone(state().builds.get(id)),
      withStatus: (status) => oldestFirst(copies(state().builds, (build) => build.status === status)),
      log: (id) => state().logs.get(id) ?? "",
    },
    releases: {
      of: (appId) =>
        copies(state().releases, (release) => release.appId === appId).sort(by((release) => release.version)),
      byId: (id) => structuredClone(state().releases.get(id)),
      byVersion: (appId, version) =>
        find(state().releases, (release) => release.appId === appId && release.version === version),
      nextVersion: (appId) => state().nextVersions.get(appId) ?? 1,
    },
    domains: {
      of: (appId) => [...state().domains].filter(([, owner]) => owner === appId).map(([domain]) => domain),
      owner: (domain) => state().domains.get(domain),
    },
    routes: {
      list: () => [...state().routes].map(([domain, url]) => ({ domain, url })).sort(by(({ domain }) => domain)),
    },
    formation: { of: (appId) => sorted(state().formation.get(appId)) },
    properties: {
      get: (appId, key) => Object.entries(state().properties.get(appId) ?? {}).find(([name]) => name === key)?.[1],
      of: (appId) => sorted(state().properties.get(appId)),
    },
    traffic: {
      of: (appId, step, from) =>
        copies(state().traffic, (period) => period.appId === appId && period.step === step && period.at >= from)
          .sort(by((period) => period.at))
          .map(({ at, traffic }) => ({ at, traffic })),
    },
    certificates: {
      list: () => structuredClone([...state().certificates.values()]).sort(by((certificate) => certificate.createdAt)),
      of: (appId) => structuredClone(state().certificates.get(appId)),
      issuance: (appId) => structuredClone(state().issuances.get(appId)),
    },
    lineage: {
      own: () => lineageOf(state())[0] as Stamp,
      all: () => lineageOf(state()),
    },
  };
}

function lineageOf({ lineage }: State): Stamp[] {
  return [...lineage].map(([store, generation]) => ({ store, generation }));
}

function copies<T>(values: Map<string, T>, wanted: (value: T) => boolean = () => true): T[] {
  return structuredClone(values.values().filter(wanted).toArray());
}

function find<T>(values: Map<string, T>, wanted: (value: T) => boolean): T | undefined {
  return structuredClone(values.values().find(wanted));
}

function by<T>(field: (value: T) => string | number): (one: T, other: T) => number {
  return (one, other) => (field(one) < field(other) ? -1 : field(one) > field(other) ? 1 : 0);
}

// Sorting is stable: builds that began in the same millisecond stay in the order of their insertion.
function oldestFirst<T extends { startedAt: number }>(builds: T[]): T[] {
  return builds.sort(by((build) => build.startedAt));
}

function sorted<T>(values: Readonly<Record<string, T>> = {}): Record<string, T> {
  return Object.fromEntries(Object.entries(values).sort(by(([name]) => name)));
}

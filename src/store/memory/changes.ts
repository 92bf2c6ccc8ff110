import type { App } from "../../model/app.ts";
import type { Key } from "../../model/key.ts";
import type { Release } from "../../model/release.ts";
import { noTraffic, sumOf } from "../../model/traffic.ts";
import { type Changes, StoreConflict } from "../store.ts";
import type { State } from "./state.ts";
import { createView } from "./view.ts";

/** `state` gives the transaction's own state and throws outside of one. */
export function createChanges(state: () => State): Changes {
  const view = createView(state);
  return {
    apps: {
      ...view.apps,
      insert: (app) => insertApp(state(), app),
      update: (app) => updateApp(state(), app),
      remove: (id) => removeApp(state(), id),
    },
    keys: {
      ...view.keys,
      insert: (key) => insertKey(state(), key),
      update: (key) => updateKey(state(), key),
      remove: (fingerprint) => void state().keys.delete(fingerprint),
    },
    config: {
      ...view.config,
      set: (appId, vars) => merge(state(), state().config, appId, vars),
      unset: (appId, keys) => omit(state().config, appId, keys),
    },
    builds: {
      ...view.builds,
      insert: (build) => {
        requireApp(state(), build.appId);
        requireAbsent(state().builds, build.id, "build");
        state().builds.set(build.id, structuredClone(build));
      },
      update: (build) => {
        requirePresent(state().builds, build.id, "build");
        state().builds.set(build.id, structuredClone(build));
      },
      appendLog: (id, text) => {
        requirePresent(state().builds, id, "build");
        state().logs.set(id, (state().logs.get(id) ?? "") + text);
      },
      remove: (id) => {
        state().builds.delete(id);
        state().logs.delete(id);
      },
    },
    releases: {
      ...view.releases,
      insert: (release) => insertRelease(state(), release),
      remove: (id) => removeRelease(state(), id),
    },
    domains: {
      ...view.domains,
      add: (appId, domain) => {
        requireApp(state(), appId);
        if (state().domains.has(domain)) throw new StoreConflict("domain");
        state().domains.set(domain, appId);
      },
      remove: (appId, domain) => {
        if (state().domains.get(domain) === appId) state().domains.delete(domain);
      },
    },
    routes: {
      ...view.routes,
      add: ({ domain, url }) => {
        if (state().routes.has(domain)) throw new StoreConflict("route");
        state().routes.set(domain, url);
      },
      remove: (domain) => void state().routes.delete(domain),
    },
    formation: {
      ...view.formation,
      set: (appId, formation) => merge(state(), state().formation, appId, formation),
    },
    properties: {
      ...view.properties,
      set: (appId, key, value) => {
        if (value === undefined) omit(state().properties, appId, [key]);
        else merge(state(), state().properties, appId, { [key]: value });
      },
    },
    traffic: {
      ...view.traffic,
      add: (appId, step, { at, traffic }) => {
        requireApp(state(), appId);
        const key = `${appId} ${step} ${at}`;
        const sum = sumOf(state().traffic.get(key)?.traffic ?? noTraffic, traffic);
        state().traffic.set(key, { appId, step, at, traffic: sum });
      },
      forget: (step, before) => deleteWhere(state().traffic, (period) => period.step === step && period.at < before),
    },
    certificates: {
      ...view.certificates,
      put: (certificate) => {
        if (certificate.appId !== undefined) requireApp(state(), certificate.appId);
        state().certificates.set(certificate.appId, structuredClone(certificate));
      },
      remove: (appId) => void state().certificates.delete(appId),
      setIssuance: (appId, issuance) => {
        if (issuance === undefined) return void state().issuances.delete(appId);
        requireApp(state(), appId);
        state().issuances.set(appId, structuredClone(issuance));
      },
    },
    lineage: {
      ...view.lineage,
      accept: (stamps) => {
        const { lineage } = state();
        for (const { store, generation } of stamps) {
          lineage.set(store, Math.max(generation, lineage.get(store) ?? 0));
        }
      },
    },
  };
}

function insertApp(state: State, app: App): void {
  requireAbsent(state.apps, app.id, "app");
  putApp(state, app);
  state.nextVersions.set(app.id, 1);
}

function updateApp(state: State, app: App): void {
  requireApp(state, app.id);
  putApp(state, app);
}

function putApp(state: State, app: App): void {
  if (state.apps.values().some((other) => other.name === app.name && other.id !== app.id)) {
    throw new StoreConflict("app name");
  }
  const current = app.currentReleaseId;
  if (current !== undefined && state.releases.get(current)?.appId !== app.id) {
    throw new Error(`release ${current} is not one of app ${app.id}`);
  }
  state.apps.set(app.id, structuredClone(app));
}

function removeApp(state: State, id: string): void {
  for (const build of state.builds.values().filter((build) => build.appId === id)) {
    state.builds.delete(build.id);
    state.logs.delete(build.id);
  }
  deleteWhere(state.releases, (release) => release.appId === id);
  deleteWhere(state.domains, (owner) => owner === id);
  deleteWhere(state.traffic, (period) => period.appId === id);
  for (const map of [state.apps, state.config, state.nextVersions, state.formation, state.properties]) map.delete(id);
  for (const map of [state.certificates, state.issuances]) map.delete(id);
}

function insertKey(state: State, key: Key): void {
  if (state.keys.values().some((other) => other.name === key.name)) throw new StoreConflict("key name");
  if (state.keys.has(key.fingerprint)) throw new StoreConflict("key fingerprint");
  state.keys.set(key.fingerprint, structuredClone(key));
}

function updateKey(state: State, key: Key): void {
  requirePresent(state.keys, key.fingerprint, "key");
  const sameName = state.keys.values().find((other) => other.name === key.name);
  if (sameName !== undefined && sameName.fingerprint !== key.fingerprint) throw new StoreConflict("key name");
  state.keys.set(key.fingerprint, structuredClone(key));
}

function insertRelease(state: State, release: Release): void {
  requireApp(state, release.appId);
  requireAbsent(state.releases, release.id, "release");
  if (state.releases.values().some((other) => other.appId === release.appId && other.version === release.version)) {
    throw new Error(`app ${release.appId} has a release of version ${release.version}`);
  }
  state.releases.set(release.id, structuredClone(release));
  const next = state.nextVersions.get(release.appId) ?? 1;
  state.nextVersions.set(release.appId, Math.max(next, release.version + 1));
}

function removeRelease(state: State, id: string): void {
  if (state.apps.values().some((app) => app.currentReleaseId === id)) throw new Error(`release ${id} is current`);
  state.releases.delete(id);
}

function merge<Id extends string | undefined, T>(
  state: State,
  map: Map<Id, Readonly<Record<string, T>>>,
  appId: Id,
  values: Readonly<Record<string, T>>,
): void {
  if (appId !== undefined) requireApp(state, appId);
  map.set(appId, { ...map.get(appId), ...values });
}

function omit<Id, T>(map: Map<Id, Readonly<Record<string, T>>>, appId: Id, keys: readonly string[]): void {
  const kept = Object.entries(map.get(appId) ?? {}).filter(([name]) => !keys.includes(name));
  map.set(appId, Object.fromEntries(kept));
}

function deleteWhere<T>(map: Map<string, T>, unwanted: (value: T) => boolean): void {
  for (const [key, value] of map) if (unwanted(value)) map.delete(key);
}

function requireApp(state: State, id: string): void {
  requirePresent(state.apps, id, "app");
}

function requirePresent(map: Map<string, unknown>, id: string, what: string): void {
  if (!map.has(id)) throw new Error(`${what} ${id} is not in the store`);
}

function requireAbsent(map: Map<string, unknown>, id: string, what: string): void {
  if (map.has(id)) throw new Error(`${what} ${id} is in the store already`);
}

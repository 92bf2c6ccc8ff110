import type { App } from "../../src/model/app.ts";
import type { Build } from "../../src/model/build.ts";
import type { Certificate } from "../../src/model/certificate.ts";
import type { Key } from "../../src/model/key.ts";
import type { Release } from "../../src/model/release.ts";

export function anApp(fields: Partial<App> = {}): App {
  return {
    id: "a",
    name: "alpha",
    createdAt: 1_700_000_000_000,
    currentReleaseId: undefined,
    stopped: false,
    ...fields,
  };
}

export function aKey(fields: Partial<Key> = {}): Key {
  return {
    name: "ann",
    fingerprint: "SHA256:ann",
    publicKey: "ssh-ed25519 AAAA",
    admin: false,
    createdAt: 1_700_000_000_000,
    ...fields,
  };
}

export function aBuild(fields: Partial<Build> = {}): Build {
  return {
    id: "build-1",
    appId: "a",
    commit: "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213",
    status: "running",
    builder: undefined,
    image: undefined,
    startedAt: 1_700_000_000_000,
    finishedAt: undefined,
    ...fields,
  };
}

export function aRelease(fields: Partial<Release> = {}): Release {
  return {
    id: "release-1",
    appId: "a",
    version: 1,
    image: "berth/a:1",
    config: { A: "1" },
    processTypes: { web: "node server.js" },
    commit: "1a2b3c4d5e6f708192a3b4c5d6e7f80910111213",
    buildId: "build-1",
    description: "Deploy 1a2b3c4",
    createdBy: "ann",
    createdAt: 1_700_000_000_000,
    ...fields,
  };
}

export function aCertificate(fields: Partial<Certificate> = {}): Certificate {
  return {
    appId: "a",
    origin: "uploaded",
    chain: "chain",
    key: "key",
    names: ["a.example.com", "*.example.org"],
    notBefore: 1_700_000_000_000,
    notAfter: 1_800_000_000_000,
    createdAt: 1_700_000_000_001,
    ...fields,
  };
}

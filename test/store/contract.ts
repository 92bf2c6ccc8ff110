import assert from "node:assert/strict";
import { afterEach, beforeEach, describe, it } from "node:test";
import { noTraffic } from "../../src/model/traffic.ts";
import { type Changes, type Store, StoreConflict, type View } from "../../src/store/store.ts";
import { aBuild, aCertificate, aKey, anApp, aRelease } from "./samples.ts";

/** What every Store must do. `open` gives an empty one. */
export function storeContract(name: string, open: () => Store): void {
  describe(`${name} as a store`, () => {
    let store: Store;
    beforeEach(() => {
      store = open();
    });
    afterEach(() => store.close());

    const conflict = (what: string) => (error: unknown) => {
      assert(error instanceof StoreConflict, String(error));
      assert.equal(error.what, what);
      return true;
    };
    const bug = (error: unknown) => error instanceof Error && !(error instanceof StoreConflict);

    describe("lineage", () => {
      it("gives each write a generation of its own, and none to a write that fails", () => {
        const own = () => store.read((view) => view.lineage.own());
        const before = own();
        const inside = store.write((changes) => changes.lineage.own());
        assert.deepEqual(inside, { store: before.store, generation: before.generation + 1 });
        assert.throws(() => store.write(() => assert.fail("no")));
        assert.deepEqual(own(), inside);
      });

      it("accepts other stores up to a generation, and never takes that back", () => {
        const other = { store: "other", generation: 5 };
        store.write((changes) => changes.lineage.accept([other]));
        store.write((changes) => changes.lineage.accept([{ ...other, generation: 3 }]));
        assert.deepEqual(store.read((view) => view.lineage.all())[1], other);
        const { store: own } = store.read((view) => view.lineage.own());
        store.write((changes) => changes.lineage.accept([{ store: own, generation: 1000 }]));
        assert.deepEqual(
          store.read((view) => view.lineage.own()),
          { store: own, generation: 1000 },
        );
      });
    });

    describe("transactions", () => {
      it("returns what the work returns", () => {
        assert.equal(
          store.write(() => 1),
          1,
        );
        assert.deepEqual(
          store.read(() => ["x"]),
          ["x"],
        );
      });

      it("keeps nothing of a write whose work throws, in any table", () => {
        store.write(fill);
        const before = store.read(dump);
        const failure = new Error("in the middle");
        const attempt = () =>
          store.write((changes) => {
            changes.apps.insert(anApp({ id: "b", name: "beta" }));
            changes.apps.update(anApp({ stopped: true }));
            changes.keys.remove(aKey().fingerprint);
            changes.config.set("a", { A: "other", C: "3" });
            changes.config.unset("a", ["B"]);
            changes.builds.update(aBuild({ status: "failed" }));
            changes.builds.appendLog("build-1", "more");
            changes.releases.insert(aRelease({ id: "release-2", version: 2 }));
            changes.domains.remove("a", "a.example.com");
            changes.formation.set("a", { web: 9 });
            changes.properties.set(undefined, "k", undefined);
            throw failure;
          });
        assert.throws(attempt, failure);
        assert.deepEqual(store.read(dump), before);
      });

      it("works on after a write that failed", () => {
        assert.throws(() => store.write(() => assert.fail("no")));
        store.write((changes) => changes.apps.insert(anApp()));
        assert.equal(
          store.read((view) => view.apps.list().length),
          1,
        );
      });

      it("shows a write its own changes", () => {
        const seen = store.write((changes) => {
          changes.apps.insert(anApp());
          return changes.apps.byName("alpha");
        });
        assert.deepEqual(seen, anApp());
      });

      it("keeps the changes before one that failed, when the work catches its error", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          assert.throws(() => changes.apps.insert(anApp({ id: "b" })), conflict("app name"));
          changes.apps.insert(anApp({ id: "c", name: "gamma" }));
        });
        assert.deepEqual(
          store.read((view) => view.apps.list().map((app) => app.id)),
          ["a", "c"],
        );
      });

      it("refuses a transaction inside a transaction, and survives it", () => {
        const nested = /inside a running/;
        assert.throws(() => store.write(() => store.write(() => 1)), nested);
        assert.throws(() => store.write(() => store.read(() => 1)), nested);
        assert.throws(() => store.read(() => store.read(() => 1)), nested);
        assert.throws(() => store.read(() => store.write(() => 1)), nested);
        assert.throws(() => store.read(() => store.close()), nested);
        assert.equal(
          store.read(() => 1),
          1,
        );
      });

      it("undoes and refuses work that returns a promise", async () => {
        const write = async (changes: Changes) => changes.apps.insert(anApp());
        assert.throws(() => store.write(write), /must be synchronous/);
        assert.throws(() => store.read(async (view) => view.apps.list()), /must be synchronous/);
        assert.throws(() => store.read(() => Promise.reject(new Error("unheard"))), /must be synchronous/);
        assert.deepEqual(
          store.read((view) => view.apps.list()),
          [],
        );
        await new Promise((resolve) => setImmediate(resolve));
      });

      it("refuses the use of a view after its transaction", () => {
        const kept = store.write((changes) => changes);
        assert.throws(() => kept.apps.list(), /outside of a/);
        assert.throws(() => kept.apps.insert(anApp()), /outside of a write/);
        assert.throws(() => store.read(() => kept.apps.insert(anApp())), /outside of a write/);
      });

      it("refuses work once closed, and lets itself be closed twice", () => {
        store.close();
        store.close();
        assert.throws(() => store.read(() => 1), /closed/);
        assert.throws(() => store.write(() => 1), /closed/);
      });
    });

    describe("copies", () => {
      it("keeps its state when a caller changes what it handed in", () => {
        const release = { ...aRelease(), config: { A: "1" } };
        const vars = { A: "1" };
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.releases.insert(release);
          changes.config.set("a", vars);
        });
        release.config.A = "changed";
        vars.A = "changed";
        assert.deepEqual(store.read((view) => view.releases.byId("release-1"))?.config, { A: "1" });
        assert.deepEqual(
          store.read((view) => view.config.of("a")),
          { A: "1" },
        );
      });

      it("keeps its state when a caller changes what it was given", () => {
        store.write(fill);
        const before = store.read(dump);
        spoil(store.read(dump));
        assert.deepEqual(store.read(dump), before);
      });
    });

    describe("apps", () => {
      it("finds them by name and id, and lists them by name", () => {
        const zulu = anApp({ id: "z", name: "zulu", createdAt: 1 });
        const alpha = anApp({ createdAt: 2 });
        store.write((changes) => {
          changes.apps.insert(zulu);
          changes.apps.insert(alpha);
        });
        store.read((view) => {
          assert.deepEqual(view.apps.list(), [alpha, zulu]);
          assert.deepEqual(view.apps.byName("zulu"), zulu);
          assert.deepEqual(view.apps.byId("z"), zulu);
          assert.equal(view.apps.byName("none"), undefined);
          assert.equal(view.apps.byId("none"), undefined);
        });
      });

      it("replaces all fields on update", () => {
        const changed = anApp({ name: "renamed", createdAt: 9, currentReleaseId: "release-1", stopped: true });
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.releases.insert(aRelease());
          changes.apps.update(changed);
        });
        assert.deepEqual(
          store.read((view) => view.apps.byName("renamed")),
          changed,
        );
        store.write((changes) => changes.apps.update(anApp()));
        assert.deepEqual(
          store.read((view) => view.apps.list()),
          [anApp()],
        );
      });

      it("names the conflict when a name is taken, by insert or by rename", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
        });
        assert.throws(() => store.write((c) => c.apps.insert(anApp({ id: "c" }))), conflict("app name"));
        assert.throws(() => store.write((c) => c.apps.update(anApp({ id: "b", name: "alpha" }))), conflict("app name"));
      });

      it("takes an id that is used twice, and an update of a missing app, for a bug", () => {
        store.write((changes) => changes.apps.insert(anApp()));
        assert.throws(() => store.write((c) => c.apps.insert(anApp({ name: "other" }))), bug);
        assert.throws(() => store.write((c) => c.apps.update(anApp({ id: "none", name: "none" }))), bug);
      });

      it("takes a current release that is missing or another app's for a bug", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          changes.releases.insert(aRelease({ appId: "b" }));
        });
        assert.throws(() => store.write((c) => c.apps.update(anApp({ currentReleaseId: "none" }))), bug);
        assert.throws(() => store.write((c) => c.apps.update(anApp({ currentReleaseId: "release-1" }))), bug);
      });

      it("removes an app with all it has, and nothing of the others", () => {
        store.write(fill);
        store.write((changes) => {
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          changes.config.set("b", { A: "b" });
          changes.builds.insert(aBuild({ id: "build-b", appId: "b" }));
          changes.builds.appendLog("build-b", "log of b");
          changes.releases.insert(aRelease({ id: "release-b", appId: "b" }));
          changes.domains.add("b", "b.example.com");
          changes.formation.set("b", { web: 5 });
          changes.properties.set("b", "k", "b");
          changes.apps.remove("a");
        });
        store.read((view) => {
          assert.deepEqual(view.apps.list(), [anApp({ id: "b", name: "beta" })]);
          assert.deepEqual(view.config.of("a"), {});
          assert.deepEqual(view.builds.of("a"), []);
          assert.equal(view.builds.log("build-1"), "");
          assert.deepEqual(view.releases.of("a"), []);
          assert.equal(view.releases.nextVersion("a"), 1);
          assert.deepEqual(view.domains.of("a"), []);
          assert.equal(view.domains.owner("a.example.com"), undefined);
          assert.deepEqual(view.formation.of("a"), {});
          assert.deepEqual(view.properties.of("a"), {});
          assert.deepEqual(view.properties.of(undefined), { k: "host" });
          assert.deepEqual(view.config.of("b"), { A: "b" });
          assert.equal(view.builds.log("build-b"), "log of b");
          assert.equal(view.releases.of("b").length, 1);
          assert.deepEqual(view.domains.of("b"), ["b.example.com"]);
          assert.deepEqual(view.formation.of("b"), { web: 5 });
          assert.deepEqual(view.properties.of("b"), { k: "b" });
        });
      });

      it("lets another app have the name and the domains of a removed one", () => {
        store.write(fill);
        store.write((changes) => {
          changes.apps.remove("a");
          changes.apps.insert(anApp({ id: "again" }));
          changes.domains.add("again", "a.example.com");
        });
        assert.equal(
          store.read((view) => view.domains.owner("a.example.com")),
          "again",
        );
      });

      it("keeps routes that were written down, by domain and each once", () => {
        const [b, a] = [
          { domain: "b.test", url: "http://10.0.0.2" },
          { domain: "a.test", url: "http://10.0.0.3:8080" },
        ];
        store.write((changes) => {
          changes.routes.add(b);
          changes.routes.add(a);
        });
        assert.deepEqual(
          store.read((view) => view.routes.list()),
          [a, b],
        );
        assert.throws(() => store.write((changes) => changes.routes.add(a)), { name: "StoreConflict", what: "route" });
        store.write((changes) => changes.routes.remove("a.test"));
        assert.deepEqual(
          store.read((view) => view.routes.list()),
          [b],
        );
      });

      it("does nothing when what it removes is not there", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.remove("none");
          changes.keys.remove("none");
          changes.config.unset("none", ["A"]);
          changes.config.unset("a", ["A"]);
          changes.builds.remove("none");
          changes.releases.remove("none");
          changes.domains.remove("a", "none.example.com");
          changes.routes.remove("none.example.com");
          changes.properties.set("a", "none", undefined);
          changes.certificates.remove("a");
          changes.certificates.remove(undefined);
          changes.certificates.setIssuance("a", undefined);
        });
        assert.equal(store.read((view) => view.apps.list()).length, 1);
      });

      it("takes an addition to a missing app or build for a bug", () => {
        const additions: ((changes: Changes) => void)[] = [
          (changes) => changes.config.set("none", { A: "1" }),
          (changes) => changes.builds.insert(aBuild({ appId: "none" })),
          (changes) => changes.builds.update(aBuild()),
          (changes) => changes.builds.appendLog("none", "text"),
          (changes) => changes.releases.insert(aRelease({ appId: "none" })),
          (changes) => changes.domains.add("none", "a.example.com"),
          (changes) => changes.formation.set("none", { web: 1 }),
          (changes) => changes.properties.set("none", "k", "v"),
          (changes) => changes.traffic.add("none", 10, { at: 0, traffic: noTraffic }),
          (changes) => changes.certificates.put(aCertificate({ appId: "none" })),
          (changes) => changes.certificates.setIssuance("none", { failures: 1, error: "no", retryAt: 1 }),
        ];
        for (const addition of additions) assert.throws(() => store.write(addition), bug, String(addition));
      });
    });

    describe("certificates", () => {
      it("keeps one for each app and one of the host, which go with their app", () => {
        const host = aCertificate({ appId: undefined, origin: "generated", createdAt: 1 });
        const renewed = aCertificate({ chain: "newer", origin: "acme" });
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.certificates.put(aCertificate());
          changes.certificates.put(host);
          changes.certificates.put(renewed);
          changes.certificates.setIssuance("a", { failures: 1, error: "before", retryAt: 1 });
          changes.certificates.setIssuance("a", { failures: 2, error: "no such name", retryAt: 5 });
        });
        store.read(({ certificates }) => {
          assert.deepEqual(certificates.list(), [host, renewed]);
          assert.deepEqual(certificates.of("a"), renewed);
          assert.deepEqual(certificates.of(undefined), host);
          assert.deepEqual(certificates.issuance("a"), { failures: 2, error: "no such name", retryAt: 5 });
        });
        store.write((changes) => changes.certificates.setIssuance("a", undefined));
        assert.equal(
          store.read(({ certificates }) => certificates.issuance("a")),
          undefined,
        );
        store.write((changes) => changes.apps.remove("a"));
        assert.deepEqual(
          store.read(({ certificates }) => certificates.list()),
          [host],
        );
        store.write((changes) => changes.certificates.remove(undefined));
        assert.deepEqual(
          store.read(({ certificates }) => certificates.list()),
          [],
        );
      });
    });

    describe("keys", () => {
      it("finds them by name and fingerprint, lists them by name, removes them by fingerprint", () => {
        const zoe = aKey({ name: "zoe", fingerprint: "SHA256:zoe", createdAt: 1 });
        const ann = aKey({ createdAt: 2 });
        store.write((changes) => {
          changes.keys.insert(zoe);
          changes.keys.insert(ann);
        });
        store.read((view) => {
          assert.deepEqual(view.keys.list(), [ann, zoe]);
          assert.deepEqual(view.keys.byName("zoe"), zoe);
          assert.deepEqual(view.keys.byFingerprint("SHA256:zoe"), zoe);
          assert.equal(view.keys.byName("none"), undefined);
          assert.equal(view.keys.byFingerprint("none"), undefined);
        });
        store.write((changes) => changes.keys.remove("SHA256:zoe"));
        assert.deepEqual(
          store.read((view) => view.keys.list()),
          [ann],
        );
      });

      it("replaces the fields of a key, and throws when there is none", () => {
        store.write((changes) => {
          changes.keys.insert(aKey());
          changes.keys.insert(aKey({ name: "zoe", fingerprint: "SHA256:zoe" }));
        });
        const changed = aKey({ name: "anna", admin: true, publicKey: "ssh-ed25519 BBBB", createdAt: 5 });
        store.write((changes) => changes.keys.update(changed));
        assert.deepEqual(
          store.read((view) => view.keys.byFingerprint(changed.fingerprint)),
          changed,
        );
        assert.throws(() => store.write((c) => c.keys.update({ ...changed, name: "zoe" })), conflict("key name"));
        assert.throws(
          () => store.write((c) => c.keys.update(aKey({ fingerprint: "none" }))),
          /none is not in the store/,
        );
      });

      it("names the conflict when a name or a fingerprint is taken", () => {
        store.write((changes) => changes.keys.insert(aKey()));
        assert.throws(() => store.write((c) => c.keys.insert(aKey({ fingerprint: "x" }))), conflict("key name"));
        assert.throws(() => store.write((c) => c.keys.insert(aKey({ name: "x" }))), conflict("key fingerprint"));
      });
    });

    describe("traffic", () => {
      const traffic = { statuses: [0, 0, 3], errors: {}, bytes: 10, durationMs: 5, latency: [1, 2] };
      const more = { statuses: [0, 0, 1, 0, 0, 1], errors: { H12: 1 }, bytes: 1, durationMs: 2, latency: [0, 0, 2] };

      it("is added up in each period, listed from a time on, and forgotten before one", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.traffic.add("a", 10, { at: 20, traffic });
          changes.traffic.add("a", 10, { at: 10, traffic });
          changes.traffic.add("a", 10, { at: 20, traffic: more });
          changes.traffic.add("a", 60, { at: 0, traffic });
        });
        const sum = { statuses: [0, 0, 4, 0, 0, 1], errors: { H12: 1 }, bytes: 11, durationMs: 7, latency: [1, 2, 2] };
        const of = (step: number, from: number) => store.read((view) => view.traffic.of("a", step, from));
        assert.deepEqual(of(10, 0), [
          { at: 10, traffic },
          { at: 20, traffic: sum },
        ]);
        assert.deepEqual(of(10, 11), [{ at: 20, traffic: sum }]);
        store.write((changes) => changes.traffic.forget(10, 20));
        assert.deepEqual(of(10, 0), [{ at: 20, traffic: sum }]);
        assert.deepEqual(of(60, 0), [{ at: 0, traffic }]);
        store.write((changes) => changes.apps.remove("a"));
        assert.deepEqual(of(60, 0), []);
      });
    });

    describe("config vars", () => {
      it("merges what is set, unsets what is named, and lists by name", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.config.set("a", { B: "2", A: "1" });
          changes.config.set("a", { C: "3", A: "one" });
          changes.config.unset("a", ["B", "MISSING"]);
        });
        const vars = store.read((view) => view.config.of("a"));
        assert.deepEqual(vars, { A: "one", C: "3" });
        assert.deepEqual(Object.keys(vars), ["A", "C"]);
      });

      it("has none for an app without any, or that is missing", () => {
        store.write((changes) => changes.apps.insert(anApp()));
        assert.deepEqual(
          store.read((view) => [view.config.of("a"), view.config.of("none")]),
          [{}, {}],
        );
      });

      it("keeps any text as it is", () => {
        const vars = {
          EMPTY: "",
          LINES: "a\nb\r\n",
          QUOTES: `'"\`$\\`,
          EMOJI: "⚓️ é",
          NUL: "a\0b",
          LONG: "x".repeat(300_000),
        };
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.config.set("a", vars);
          changes.releases.insert(aRelease({ config: vars }));
        });
        store.read((view) => {
          assert.deepEqual(view.config.of("a"), vars);
          assert.deepEqual(view.releases.byId("release-1")?.config, vars);
        });
      });

      it("keeps a var whose name means something to JavaScript", () => {
        const vars = Object.fromEntries([
          ["__proto__", "1"],
          ["constructor", "2"],
          ["toString", "3"],
        ]);
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.config.set("a", vars);
          changes.releases.insert(aRelease({ config: vars, processTypes: vars }));
          changes.properties.set("a", "__proto__", "1");
        });
        store.read((view) => {
          const names = ["__proto__", "constructor", "toString"];
          assert.deepEqual(Object.keys(view.config.of("a")), names);
          assert.deepEqual(Object.keys(view.releases.byId("release-1")?.config ?? {}), names);
          assert.equal(view.properties.get("a", "__proto__"), "1");
          assert.equal(view.properties.get("a", "toString"), undefined);
        });
      });
    });

    describe("builds", () => {
      it("lists an app's builds oldest first, those of one millisecond as they came", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          changes.builds.insert(aBuild({ id: "z", startedAt: 5 }));
          changes.builds.insert(aBuild({ id: "m", startedAt: 5 }));
          changes.builds.insert(aBuild({ id: "other", appId: "b", startedAt: 4 }));
          changes.builds.insert(aBuild({ id: "a", startedAt: 3 }));
          changes.builds.update(aBuild({ id: "z", startedAt: 5, status: "failed" }));
        });
        store.read((view) => {
          const ids = (builds: { id: string }[]) => builds.map((build) => build.id);
          assert.deepEqual(ids(view.builds.of("a")), ["a", "z", "m"]);
          assert.deepEqual(ids(view.builds.withStatus("running")), ["a", "other", "m"]);
          assert.deepEqual(ids(view.builds.withStatus("failed")), ["z"]);
        });
      });

      it("keeps every field, before and after the build has ended", () => {
        const begun = aBuild();
        const ended = aBuild({ status: "succeeded", builder: "buildpack", image: "berth/a:1", finishedAt: 20 });
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.builds.insert(begun);
        });
        assert.deepEqual(
          store.read((view) => view.builds.byId("build-1")),
          begun,
        );
        store.write((changes) => changes.builds.update(ended));
        assert.deepEqual(
          store.read((view) => view.builds.byId("build-1")),
          ended,
        );
        assert.equal(
          store.read((view) => view.builds.byId("none")),
          undefined,
        );
      });

      it("gives the log back as it was appended, over several writes", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.builds.insert(aBuild());
          changes.builds.insert(aBuild({ id: "build-2" }));
        });
        const chunks = ["-----> one\n", "", "half a l", "ine ✓\n", "nul \0 and \x1b[1mcolour\n"];
        for (const chunk of chunks) store.write((changes) => changes.builds.appendLog("build-1", chunk));
        assert.equal(
          store.read((view) => view.builds.log("build-1")),
          chunks.join(""),
        );
        assert.equal(
          store.read((view) => view.builds.log("build-2")),
          "",
        );
      });

      it("removes a build with its log, and leaves the release made of it", () => {
        store.write(fill);
        store.write((changes) => changes.builds.remove("build-1"));
        store.read((view) => {
          assert.equal(view.builds.byId("build-1"), undefined);
          assert.equal(view.builds.log("build-1"), "");
          assert.equal(view.releases.byId("release-1")?.buildId, "build-1");
        });
      });
    });

    describe("releases", () => {
      it("finds them by id and version, and lists them by version", () => {
        const releases = [3, 1, 2].map((version) =>
          aRelease({ id: `release-${version}`, version, createdAt: -version }),
        );
        store.write((changes) => {
          changes.apps.insert(anApp());
          for (const release of releases) changes.releases.insert(release);
        });
        store.read((view) => {
          assert.deepEqual(
            view.releases.of("a").map((release) => release.version),
            [1, 2, 3],
          );
          assert.deepEqual(view.releases.byId("release-3"), releases[0]);
          assert.deepEqual(view.releases.byVersion("a", 2), releases[2]);
          assert.equal(view.releases.byVersion("a", 4), undefined);
          assert.equal(view.releases.byVersion("b", 1), undefined);
          assert.equal(view.releases.byId("none"), undefined);
        });
      });

      it("keeps how a release of a foreign image runs", () => {
        const runtime = { port: 8080, services: { web: { image: "x", command: ["a", ""], aliases: ["app"] } } };
        const release = aRelease({ runtime });
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.releases.insert(release);
        });
        assert.deepEqual(
          store.read((view) => view.releases.byId("release-1")),
          release,
        );
      });

      it("keeps a release that came from no build", () => {
        const release = aRelease({ commit: undefined, buildId: undefined, config: {}, processTypes: {} });
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.releases.insert(release);
        });
        assert.deepEqual(
          store.read((view) => view.releases.byId("release-1")),
          release,
        );
      });

      it("counts versions per app", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          assert.equal(changes.releases.nextVersion("a"), 1);
          changes.releases.insert(aRelease());
          assert.equal(changes.releases.nextVersion("a"), 2);
          assert.equal(changes.releases.nextVersion("b"), 1);
        });
      });

      it("never gives the version of a removed release again", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          for (const version of [1, 2, 3]) changes.releases.insert(aRelease({ id: `release-${version}`, version }));
          changes.releases.remove("release-3");
          changes.releases.remove("release-1");
          assert.equal(changes.releases.nextVersion("a"), 4);
          changes.releases.remove("release-2");
        });
        assert.equal(
          store.read((view) => view.releases.nextVersion("a")),
          4,
        );
      });

      it("takes a version that is used twice, and the removal of the current release, for a bug", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.releases.insert(aRelease());
          changes.apps.update(anApp({ currentReleaseId: "release-1" }));
        });
        assert.throws(() => store.write((c) => c.releases.insert(aRelease({ id: "other" }))), bug);
        assert.throws(() => store.write((c) => c.releases.insert(aRelease({ version: 2 }))), bug);
        assert.throws(() => store.write((c) => c.releases.remove("release-1")), bug);
      });
    });

    describe("domains", () => {
      it("lists them in the order they were added, and knows their owner", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          for (const domain of ["z.example.com", "a.example.com", "m.example.com"]) changes.domains.add("a", domain);
          changes.domains.add("b", "b.example.com");
          changes.domains.remove("a", "a.example.com");
          changes.domains.add("a", "a.example.com");
        });
        store.read((view) => {
          assert.deepEqual(view.domains.of("a"), ["z.example.com", "m.example.com", "a.example.com"]);
          assert.equal(view.domains.owner("b.example.com"), "b");
          assert.equal(view.domains.owner("none.example.com"), undefined);
        });
      });

      it("names the conflict when a domain is taken, also by the same app", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          changes.domains.add("a", "a.example.com");
        });
        for (const app of ["a", "b"]) {
          assert.throws(() => store.write((c) => c.domains.add(app, "a.example.com")), conflict("domain"));
        }
      });

      it("does not take a domain away from another app", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.apps.insert(anApp({ id: "b", name: "beta" }));
          changes.domains.add("a", "a.example.com");
          changes.domains.remove("b", "a.example.com");
        });
        assert.equal(
          store.read((view) => view.domains.owner("a.example.com")),
          "a",
        );
      });
    });

    describe("formation", () => {
      it("merges what is set", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.formation.set("a", { web: 2, worker: 1 });
          changes.formation.set("a", { worker: 0, clock: 1 });
        });
        assert.deepEqual(
          store.read((view) => view.formation.of("a")),
          { clock: 1, web: 2, worker: 0 },
        );
      });
    });

    describe("properties", () => {
      it("keeps those of the host and of each app apart", () => {
        store.write((changes) => {
          changes.apps.insert(anApp());
          changes.properties.set(undefined, "k", "host");
          changes.properties.set("a", "k", "app");
          changes.properties.set("a", "j", "");
        });
        store.read((view) => {
          assert.equal(view.properties.get(undefined, "k"), "host");
          assert.equal(view.properties.get("a", "k"), "app");
          assert.equal(view.properties.get("a", "j"), "");
          assert.equal(view.properties.get(undefined, "j"), undefined);
          assert.deepEqual(view.properties.of("a"), { j: "", k: "app" });
          assert.deepEqual(view.properties.of(undefined), { k: "host" });
        });
      });

      it("replaces a value, and removes it with undefined", () => {
        store.write((changes) => {
          changes.properties.set(undefined, "k", "old");
          changes.properties.set(undefined, "k", "new");
          changes.properties.set(undefined, "j", "gone");
          changes.properties.set(undefined, "j", undefined);
        });
        assert.deepEqual(
          store.read((view) => view.properties.of(undefined)),
          { k: "new" },
        );
      });
    });
  });
}

/** Something in every table, of the app `a`. */
function fill(changes: Changes): void {
  changes.apps.insert(anApp());
  changes.keys.insert(aKey());
  changes.config.set("a", { A: "1", B: "2" });
  changes.builds.insert(aBuild());
  changes.builds.appendLog("build-1", "log\n");
  changes.releases.insert(aRelease());
  changes.apps.update(anApp({ currentReleaseId: "release-1" }));
  changes.domains.add("a", "a.example.com");
  changes.formation.set("a", { web: 2 });
  changes.properties.set("a", "k", "app");
  changes.properties.set(undefined, "k", "host");
}

/** All that can be read of the apps in the store, and of the host. */
function dump(view: View) {
  return {
    apps: view.apps.list(),
    keys: view.keys.list(),
    host: view.properties.of(undefined),
    byApp: view.apps.list().map(({ id }) => ({
      config: view.config.of(id),
      builds: view.builds.of(id),
      logs: view.builds.of(id).map((build) => view.builds.log(build.id)),
      releases: view.releases.of(id),
      nextVersion: view.releases.nextVersion(id),
      domains: view.domains.of(id),
      formation: view.formation.of(id),
      properties: view.properties.of(id),
    })),
  };
}

/** Changes whatever lets itself be changed, all the way down. */
function spoil(value: unknown): void {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    spoil(inner);
    Reflect.set(value, key, "spoilt");
  }
  Reflect.set(value, "added", "spoilt");
}

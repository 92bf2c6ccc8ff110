import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { createWorld } from "../helpers/world.ts";

suite("the domains of an app", () => {
  test("are added to the names under the global domains, and routed", async (t) => {
    const { operations, publisher } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    const added = await operations.addDomains({ app: "shop", domains: ["Bücher.example", "*.a.com", "a.com/api"] });
    assert.deepEqual(
      added.map(({ domain }) => domain),
      ["xn--bcher-kva.example", "*.a.com", "a.com/api"],
    );
    assert.deepEqual(publisher.table.get("shop")?.hosts, ["xn--bcher-kva.example", "*.a.com", "shop.berth.test"]);
    assert.deepEqual(publisher.table.get("shop")?.paths, [{ host: "a.com", path: "/api" }]);
    assert.deepEqual((await operations.appReport({ app: "shop" })).urls, [
      "http://xn--bcher-kva.example",
      "http://a.com/api",
      "http://shop.berth.test",
    ]);
  });

  test("can be set, cleared, disabled and brought back", async (t) => {
    const { operations, publisher } = await createWorld(t);
    const hosts = () => publisher.table.get("shop")?.hosts;
    await operations.createApp({ name: "shop" });
    await operations.setDomains({ app: "shop", domains: ["a.com", "b.com"] });
    assert.deepEqual(hosts(), ["a.com", "b.com"]);
    await operations.setDomains({ app: "shop", domains: ["b.com", "shop.berth.test"] });
    assert.deepEqual(hosts(), ["b.com", "shop.berth.test"]);
    await operations.enableDomains({ app: "shop", enabled: false });
    assert.deepEqual(hosts(), []);
    assert.equal((await operations.domains({ app: "shop" })).enabled, false);
    await operations.enableDomains({ app: "shop", enabled: true });
    assert.deepEqual(hosts(), ["b.com", "shop.berth.test"]);
    await operations.clearDomains({ app: "shop" });
    assert.deepEqual(hosts(), []);
    await operations.resetDomains({ app: "shop" });
    assert.deepEqual(hosts(), ["shop.berth.test"]);
  });

  test("can lose the name under one of two global domains", async (t) => {
    const { operations, publisher } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    await operations.addGlobalDomains(["two.test"]);
    const removed = await operations.removeDomains({ app: "shop", domains: ["shop.berth.test", "not.ours"] });
    assert.deepEqual(removed, [
      { domain: "shop.berth.test", changed: true },
      { domain: "not.ours", changed: false },
    ]);
    assert.deepEqual(publisher.table.get("shop")?.hosts, ["shop.two.test"]);
    await operations.createApp({ name: "b" });
    await operations.addDomains({ app: "b", domains: ["shop.berth.test"] });
  });

  test("cannot be another app's, under which name ever", async (t) => {
    const { operations } = await createWorld(t);
    for (const name of ["a", "b"]) await operations.createApp({ name });
    await operations.addDomains({ app: "a", domains: ["x.com", "x.com/api", "*.x.com", "b.new.test"] });
    for (const domain of ["X.com.", "x.com/api/", "*.x.com", "a.berth.test"]) {
      await assert.rejects(operations.addDomains({ app: "b", domains: ["new.com", domain] }), { code: "domain-taken" });
      await assert.rejects(operations.setDomains({ app: "b", domains: [domain] }), { code: "domain-taken" });
    }
    await assert.rejects(operations.setGlobalDomains(["new.test"]), { code: "domain-taken" });
    await assert.rejects(operations.addDomains({ app: "b", domains: ["x.com:80"] }), { code: "invalid-domain" });
    assert.deepEqual((await operations.domains({ app: "b" })).own, []);
    assert.deepEqual(await operations.globalDomains(), ["berth.test"]);
    await operations.addDomains({ app: "b", domains: ["x.com/api/v2", "a.berth.test/blog", "y.x.com"] });
  });
});

suite("an app that is called after a host", () => {
  const hosts = { "a.com": "a.com", "b.a.com": "b.a.com", "x.b.a.com": "x.b.a.com", "x.berth.test": "x.berth.test" };

  test("answers to that host alone, if it is under a global domain", async (t) => {
    const { operations, publisher } = await createWorld(t);
    await operations.setGlobalDomains(["berth.test", "a.com"]);
    for (const [name, host] of Object.entries(hosts)) {
      await operations.createApp({ name });
      assert.deepEqual(publisher.table.get(name)?.hosts, [host]);
      assert.deepEqual((await operations.appReport({ app: name })).urls, [`http://${host}`]);
      assert.deepEqual((await operations.domains({ app: name })).generated, [host]);
    }
    await operations.createApp({ name: "shop.other.org" });
    const below = ["shop.other.org.berth.test", "shop.other.org.a.com"];
    assert.deepEqual(publisher.table.get("shop.other.org")?.hosts, below);
    await operations.createApp({ name: "xa.com" });
    assert.deepEqual(publisher.table.get("xa.com")?.hosts, ["xa.com.berth.test", "xa.com.a.com"]);
  });

  test("and one of the short name exclude each other", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    await operations.createApp({ name: "blog.berth.test" });
    await operations.createApp({ name: "other" });
    for (const name of ["shop.berth.test", "blog"]) {
      await assert.rejects(operations.createApp({ name }), { code: "domain-taken" });
      await assert.rejects(
        operations.addDomains({ app: "other", domains: [name === "blog" ? "blog.berth.test" : name] }),
        { code: "domain-taken" },
      );
    }
  });

  test("keeps its old address while another app has the host from before", async (t) => {
    const { operations, context, publisher } = await createWorld(t);
    const shop = await operations.createApp({ name: "shop" });
    context.store.write((changes) => changes.apps.insert({ ...shop, id: "older", name: "shop.berth.test" }));
    await operations.setGlobalDomains(["berth.test"]);
    assert.deepEqual(publisher.table.get("shop")?.hosts, ["shop.berth.test"]);
    assert.deepEqual(publisher.table.get("shop.berth.test")?.hosts, ["shop.berth.test.berth.test"]);
    await operations.destroyApp({ app: "shop" });
    assert.deepEqual((await operations.domains({ app: "shop.berth.test" })).generated, ["shop.berth.test"]);
  });
});

suite("a renamed app", () => {
  test("takes the names by its own name along in an explicit list, in their places", async (t) => {
    const world = await createWorld(t);
    const { operations, publisher } = world;
    await operations.setGlobalDomains(["berth.test", "two.test"]);
    await operations.createApp({ name: "shop" });
    const before = ["www.shop.com", "shop.berth.test", "shop.berth.test/api", "*.shop.two.test", "myshop.berth.test"];
    await operations.setDomains({ app: "shop", domains: [...before, "shop.two.test"] });
    await operations.setProperty({ app: "shop", key: "routes.redirect", value: "shop.berth.test" });
    await operations.renameApp({ app: "shop", name: "store" }, world.job());
    const after = ["www.shop.com", "store.berth.test", "store.berth.test/api", "*.store.two.test", "myshop.berth.test"];
    const report = await operations.domains({ app: "store" });
    assert.deepEqual([report.own, report.generated], [[...after, "store.two.test"], []]);
    assert.equal(publisher.table.get("store")?.redirects?.["store.two.test"], "store.berth.test");
    await operations.createApp({ name: "shop" });
    assert.deepEqual(
      publisher.table.get("shop")?.hosts,
      ["shop.berth.test", "shop.two.test"],
      "the old names are free",
    );
  });

  test("takes the host that it is called after along, both ways", async (t) => {
    const world = await createWorld(t);
    const own = async (name: string) => (await world.operations.domains({ app: name })).own;
    await world.operations.createApp({ name: "shop.berth.test" });
    await world.operations.setDomains({ app: "shop.berth.test", domains: ["shop.berth.test", "a.com"] });
    await world.operations.renameApp({ app: "shop.berth.test", name: "store" }, world.job());
    assert.deepEqual(await own("store"), ["store.berth.test", "a.com"]);
    await world.operations.renameApp({ app: "store", name: "b.berth.test" }, world.job());
    assert.deepEqual(await own("b.berth.test"), ["b.berth.test", "a.com"]);
    await world.operations.renameApp({ app: "b.berth.test", name: "c.other.org" }, world.job());
    assert.deepEqual(await own("c.other.org"), ["c.other.org.berth.test", "a.com"]);
  });

  test("keeps the names under the global domains that nobody has replaced", async (t) => {
    const world = await createWorld(t);
    await world.operations.createApp({ name: "shop" });
    await world.operations.addDomains({ app: "shop", domains: ["a.com"] });
    await world.operations.renameApp({ app: "shop", name: "store" }, world.job());
    assert.deepEqual(world.publisher.table.get("store")?.hosts, ["a.com", "store.berth.test"]);
  });

  test("is refused if another app has a domain that would come along", async (t) => {
    const world = await createWorld(t);
    for (const name of ["shop", "other"]) await world.operations.createApp({ name });
    await world.operations.setDomains({ app: "shop", domains: ["shop.berth.test", "shop.berth.test/api"] });
    await world.operations.addDomains({ app: "other", domains: ["store.berth.test/api"] });
    const renamed = world.operations.renameApp({ app: "shop", name: "store" }, world.job());
    await assert.rejects(renamed, { code: "domain-taken", hint: /domains:remove other store\.berth\.test\/api/ });
    const { own } = await world.operations.domains({ app: "shop" });
    assert.deepEqual(own, ["shop.berth.test", "shop.berth.test/api"]);
  });
});

suite("the global domains", () => {
  test("are the configuration's until they are changed, and move all apps", async (t) => {
    const { operations, publisher } = await createWorld(t);
    await operations.createApp({ name: "shop" });
    assert.deepEqual(await operations.setGlobalDomains(["One.test", "two.test"]), [
      { domain: "one.test", changed: true },
      { domain: "two.test", changed: true },
    ]);
    assert.deepEqual(publisher.table.get("shop")?.hosts, ["shop.one.test", "shop.two.test"]);
    await operations.removeGlobalDomains(["one.test"]);
    await operations.createApp({ name: "blog" });
    assert.deepEqual(publisher.table.get("blog")?.hosts, ["blog.two.test"]);
    await operations.setGlobalDomains([]);
    assert.deepEqual(publisher.table.get("shop")?.hosts, []);
    await assert.rejects(operations.addGlobalDomains(["*.test"]), { code: "invalid-domain" });
  });

  test("that overlap do not give one name to two apps", async (t) => {
    const { operations } = await createWorld(t);
    await operations.createApp({ name: "a.b" });
    await operations.setGlobalDomains(["c.test", "b.c.test"]);
    await assert.rejects(operations.createApp({ name: "a" }), { code: "domain-taken" });
  });
});

test("a redirect and a stripped prefix reach the router when they are set, for one app or all", async (t) => {
  const { operations, publisher } = await createWorld(t);
  await operations.createApp({ name: "shop" });
  await operations.addDomains({ app: "shop", domains: ["a.com", "a.com/api"] });
  await operations.setProperty({ app: undefined, key: "routes.redirect", value: "apex" });
  await operations.setProperty({ app: "shop", key: "routes.strip-prefix", value: "true" });
  const { redirects, stripPrefix } = publisher.table.get("shop") ?? {};
  assert.deepEqual({ redirects, stripPrefix }, { redirects: { "www.a.com": "a.com" }, stripPrefix: true });
  await operations.setProperty({ app: "shop", key: "routes.redirect", value: "A.com" });
  assert.deepEqual(publisher.table.get("shop")?.redirects, { "shop.berth.test": "a.com" });
  for (const value of ["*.a.com", "a.com/x", "a b"]) {
    const input = { app: "shop", key: "routes.redirect" as const, value };
    await assert.rejects(operations.setProperty(input), { code: "invalid-value" });
  }
});

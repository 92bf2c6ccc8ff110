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

import assert from "node:assert/strict";
import { test } from "node:test";
import type { Dyno } from "../../src/model/dyno.ts";
import { compileRoutes } from "../../src/routing/compile-routes.ts";

function dyno(fields: Partial<Dyno>): Dyno {
  return {
    app: "shop",
    processType: "web",
    number: 1,
    release: 3,
    id: "c1",
    state: "running",
    address: "10.0.0.2",
    port: 5000,
    exitCode: undefined,
    restarts: 0,
    image: "i",
    createdAt: 0,
    ...fields,
  };
}

const plain = {
  redirect: { to: "none", isTaken: () => false, isGenerated: () => false },
  stripPrefix: false,
};

test("an app's hosts are its domains, in lower case and each once", () => {
  const routes = compileRoutes({
    app: "shop",
    release: 3,
    ...plain,
    domains: ["Shop.example.com", "shop.berth.test", "shop.berth.test"],
    dynos: [],
  });
  assert.deepEqual(routes, { app: "shop", hosts: ["shop.example.com", "shop.berth.test"], targets: [], release: 3 });
});

test("each dyno that can be reached is a target", () => {
  const { targets, hosts } = compileRoutes({
    app: "shop",
    release: undefined,
    ...plain,
    domains: [],
    dynos: [
      dyno({}),
      dyno({ id: "c2", number: 2, address: undefined }),
      dyno({ id: "c3", number: 3, port: undefined }),
    ],
  });
  assert.deepEqual(targets, [{ id: "c1", dyno: "web.1", address: "10.0.0.2", port: 5000 }]);
  assert.deepEqual(hosts, []);
});

test("wildcards are hosts, and domains with a path are none", () => {
  const domains = ["*.example.com", "example.com/api", "*"];
  const routes = compileRoutes({ app: "shop", release: 1, ...plain, stripPrefix: true, domains, dynos: [] });
  assert.deepEqual(routes, {
    app: "shop",
    hosts: ["*.example.com", "*"],
    targets: [],
    release: 1,
    paths: [{ host: "example.com", path: "/api" }],
    stripPrefix: true,
  });
});

test("a redirect to www or apex takes the other name along, unless it is somebody else's or a generated one", () => {
  const compile = (to: string) =>
    compileRoutes({
      app: "shop",
      release: 1,
      ...plain,
      redirect: { to, isTaken: (host) => host === "www.taken.com", isGenerated: (host) => host === "shop.berth.test" },
      domains: ["a.com", "www.b.com", "taken.com", "*.c.com", "shop.berth.test"],
      dynos: [],
    });
  assert.deepEqual(compile("www").redirects, { "a.com": "www.a.com", "b.com": "www.b.com" });
  assert.deepEqual(compile("www").hosts.slice(5), ["www.a.com", "b.com"]);
  assert.deepEqual(compile("apex").redirects, { "www.a.com": "a.com", "www.b.com": "b.com" });
  assert.deepEqual(compile("taken.com").redirects, {
    "a.com": "taken.com",
    "www.b.com": "taken.com",
    "shop.berth.test": "taken.com",
  });
  assert.equal(compile("gone.com").redirects, undefined);
  assert.equal(compile("none").redirects, undefined);
});

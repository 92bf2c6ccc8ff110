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

test("an app's hosts are its own domains and the generated one, in lower case and each once", () => {
  const routes = compileRoutes({
    app: "shop",
    release: 3,
    domains: ["Shop.example.com", "shop.berth.test"],
    globalDomain: "Berth.test",
    dynos: [],
  });
  assert.deepEqual(routes, { app: "shop", hosts: ["shop.example.com", "shop.berth.test"], targets: [], release: 3 });
});

test("each dyno that can be reached is a target", () => {
  const { targets, hosts } = compileRoutes({
    app: "shop",
    release: undefined,
    domains: [],
    globalDomain: undefined,
    dynos: [
      dyno({}),
      dyno({ id: "c2", number: 2, address: undefined }),
      dyno({ id: "c3", number: 3, port: undefined }),
    ],
  });
  assert.deepEqual(targets, [{ id: "c1", dyno: "web.1", address: "10.0.0.2", port: 5000 }]);
  assert.deepEqual(hosts, []);
});

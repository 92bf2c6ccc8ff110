import assert from "node:assert/strict";
import { suite, test } from "node:test";
import pino from "pino";
import type { ForeignRoute } from "../../src/model/foreign.ts";
import type { AppRoutes } from "../../src/model/route.ts";
import { SharedPublisher } from "../../src/routing/shared-publisher.ts";
import { RecordingPublisher } from "../helpers/world.ts";

function app(name: string, ...hosts: string[]): AppRoutes {
  return { app: name, hosts, targets: [], release: 1 };
}

function guest(name: string, since: number, ...domains: string[]): ForeignRoute {
  return { name, domains, target: { id: name, dyno: name, address: "10.0.0.2", port: 80 }, since };
}

function start() {
  const inner = new RecordingPublisher();
  const shared = new SharedPublisher(inner, pino({ level: "silent" }));
  const hosts = () => Object.fromEntries([...inner.table].map(([name, routes]) => [name, routes.hosts]));
  return { inner, shared, hosts };
}

suite("a table that apps share with others", () => {
  test("gives nothing out before the apps are known, and all of it with them", async () => {
    const { inner, shared, hosts } = start();
    await shared.setContainers([guest("container:a", 1, "a.test")]);
    await shared.setManual([guest("route:b.test", 0, "b.test")]);
    assert.deepEqual([inner.log, inner.replaced], [[], 0]);
    await shared.replace([app("shop", "a.test")]);
    assert.deepEqual(hosts(), { shop: ["a.test"], "route:b.test": ["b.test"] });
    assert.deepEqual(shared.clashes(), [{ domain: "a.test", winner: "shop", loser: "container:a" }]);
  });

  test("gives an app what it wants, and back what it gives up, also when it goes", async () => {
    const { shared, hosts } = start();
    await shared.replace([app("shop", "x.test")]);
    await shared.setContainers([guest("container:a", 1, "a.test", "b.test")]);
    await shared.publish(app("shop", "x.test", "a.test"));
    assert.deepEqual(hosts(), { shop: ["x.test", "a.test"], "container:a": ["b.test"] });
    await shared.publish(app("shop", "b.test"));
    assert.deepEqual(hosts()["container:a"], ["a.test"]);
    await shared.publish(app("blog", "a.test"));
    assert.deepEqual(hosts(), { shop: ["b.test"], blog: ["a.test"] });
    await shared.withdraw("blog");
    assert.deepEqual(hosts()["container:a"], ["a.test"]);
    assert.equal(shared.clashes().length, 1);
  });

  test("prefers what was written down, then the elder, whatever the order in which they come", async () => {
    const { shared, hosts } = start();
    await shared.replace([]);
    const [old, young] = [guest("container:z", 1, "a.test", "b.test"), guest("container:y", 2, "a.test", "c.test")];
    for (const containers of [
      [old, young],
      [young, old],
    ]) {
      await shared.setContainers(containers);
      assert.deepEqual(hosts(), { "container:z": ["a.test", "b.test"], "container:y": ["c.test"] });
    }
    await shared.setManual([guest("route:a.test", 0, "a.test")]);
    assert.deepEqual(hosts()["container:z"], ["b.test"]);
    await shared.setManual([]);
    await shared.setContainers([young]);
    assert.deepEqual(hosts(), { "container:y": ["a.test", "c.test"] });
  });

  test("tells the router only what has changed", async () => {
    const { inner, shared } = start();
    await shared.replace([app("shop", "x.test")]);
    await shared.setContainers([guest("container:a", 1, "a.test"), guest("container:b", 2, "b.test")]);
    inner.log.length = 0;
    await shared.setContainers([guest("container:a", 1, "a.test")]);
    await shared.publish(app("shop", "y.test"));
    assert.deepEqual(inner.log, ["withdraw container:b", "publish shop "]);
  });
});

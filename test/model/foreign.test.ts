import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { type Guest, manualRoute, normalizeRouteUrl, wishesOf } from "../../src/model/foreign.ts";

function guest(fields: Partial<Guest>): Guest {
  return { id: "c1", name: "web", labels: {}, env: [], exposedPorts: [], createdAt: 1, ...fields };
}

suite("what a container asks for", () => {
  test("comes from its environment, and labels win over it", () => {
    const env = ["VIRTUALHOST=A.test, b.test c.test/api", "ALIAS=www.a.test", "PORT=8080"];
    const domains = ["a.test", "b.test", "c.test/api", "www.a.test"];
    assert.deepEqual(wishesOf(guest({ env })), { domains, port: 8080, invalid: [] });
    const labels = { "berth.virtualhost": "x.test", "berth.alias": "", "berth.port": "9" };
    assert.deepEqual(wishesOf(guest({ env, labels })), { domains: ["x.test"], port: 9, invalid: [] });
    for (const nothing of [["VIRTUALHOST="], ["ALIAS=a.test", "PORT=1"], ["XVIRTUALHOST=a.test"], []]) {
      assert.equal(wishesOf(guest({ env: nothing })), undefined);
    }
  });

  test("is the one port that it exposes, or 80, where it names none", () => {
    const port = (exposedPorts: number[]) => wishesOf(guest({ env: ["VIRTUALHOST=a.test"], exposedPorts }))?.port;
    assert.deepEqual([port([3000]), port([]), port([80, 443]), port([3000, 4000])], [3000, 80, 80, 80]);
  });

  test("is refused where it makes no sense, and the rest of it stands", () => {
    const wishes = wishesOf(guest({ env: ["VIRTUALHOST=a.test http://b.test ../x"] }));
    assert.deepEqual(wishes, { domains: ["a.test"], port: 80, invalid: ["http://b.test", "../x"] });
    for (const port of ["0", "65536", "x", "80/tcp"]) {
      const refused = wishesOf(guest({ env: ["VIRTUALHOST=a.test", `PORT=${port}`] }));
      assert.deepEqual([refused?.domains, refused?.invalid], [[], [`PORT=${port}`]]);
    }
  });
});

test("a route by hand leads to a host and a port over plain HTTP", () => {
  const cases = {
    "http://10.0.0.5": ["10.0.0.5", 80],
    "http://Box.lan:8080/": ["box.lan", 8080],
    "http://[::1]:81": ["::1", 81],
  };
  for (const [given, [address, port]] of Object.entries(cases)) {
    const { target } = manualRoute({ domain: "a.test", url: normalizeRouteUrl(given) });
    assert.deepEqual([target.address, target.port], [address, port]);
  }
  for (const bad of [
    "https://a.test",
    "http://a.test/x",
    "http://a.test?x",
    "http://u@a.test",
    "a.test:80",
    "",
    "http://a:0",
  ]) {
    assert.throws(() => normalizeRouteUrl(bad), { code: "invalid-url" }, bad);
  }
});

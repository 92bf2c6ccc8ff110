import assert from "node:assert/strict";
import { suite, test } from "node:test";
import type { AppRoutes } from "../../src/model/route.ts";
import { Balancer } from "../../src/router/balancer.ts";
import { pathWithin } from "../../src/router/place.ts";
import { Routes } from "../../src/router/route-table.ts";
import { ask, talk } from "./helpers/client.ts";
import { startDyno } from "./helpers/dyno.ts";
import { startWorker } from "./helpers/worker.ts";

function app(name: string, fields: Partial<AppRoutes>): AppRoutes {
  return { app: name, hosts: [], targets: [], release: 1, ...fields };
}

function tableOf(...apps: AppRoutes[]): Routes {
  const routes = new Routes(new Balancer(1, () => undefined));
  routes.replace({ revision: 1, apps });
  return routes;
}

const sample = [
  app("shop", { hosts: ["example.com", "www.example.com"], redirects: { "www.example.com": "example.com" } }),
  app("wild", { hosts: ["*.example.com"] }),
  app("deep", { hosts: ["*.eu.example.com"] }),
  app("api", {
    paths: [
      { host: "example.com", path: "/api" },
      { host: "only.test", path: "/part" },
    ],
  }),
  app("v2", { paths: [{ host: "example.com", path: "/api/v2" }], stripPrefix: true }),
  app("wild-path", { paths: [{ host: "*.example.com", path: "/status" }] }),
  app("rest", { hosts: ["*"] }),
];

suite("which app a request is for", () => {
  const cases: [string, string, string][] = [
    ["example.com", "/", "shop"],
    ["Example.COM.:8080", "/apis?/api/v2", "shop"],
    ["example.com", "/api", "api"],
    ["example.com", "/api/", "api"],
    ["example.com", "/api?x=1", "api"],
    ["example.com", "/api/v20", "api"],
    ["EXAMPLE.com:80", "/api/v2", "v2"],
    ["example.com", "/api/v2/users", "v2"],
    ["example.com", "/API", "shop"],
    ["example.com", "*", "shop"],
    ["a.example.com", "/", "wild"],
    ["a.b.example.com", "/", "wild"],
    ["a.example.com.", "/status/now", "wild-path"],
    ["eu.example.com", "/", "wild"],
    ["a.eu.example.com", "/", "deep"],
    ["a.b.eu.example.com:1", "/status", "deep"],
    ["notexample.com", "/", "rest"],
    ["only.test", "/part/1", "api"],
    ["only.test", "/other", "rest"],
    ["[::1]:80", "/", "rest"],
    [`${"a.".repeat(2000)}example.com`, "/", "rest"],
  ];
  const table = tableOf(...sample);
  for (const [host, path, expected] of cases) {
    test(`${host.slice(0, 40)} ${path} is for ${expected}`, () => {
      assert.equal(table.place(host, path)?.app.routes.app, expected);
    });
  }

  test("nobody has what no app names", () => {
    const few = tableOf(...sample.slice(0, 6));
    for (const host of ["example.org", "com", "only.test", "*", "*.example.org", "__proto__", ""]) {
      assert.equal(few.place(host, "/"), undefined, host);
    }
  });

  test("what an app gives up goes back to the next best", () => {
    const routes = tableOf(...sample);
    const at = (host: string, path = "/") => routes.place(host, path)?.app.routes.app;
    routes.apply({ revision: 2, remove: "deep" });
    assert.equal(at("a.eu.example.com"), "wild");
    routes.apply({ revision: 3, set: app("v2", {}) });
    assert.equal(at("example.com", "/api/v2"), "api");
    routes.apply({ revision: 4, remove: "wild" });
    routes.apply({ revision: 5, remove: "wild-path" });
    assert.equal(at("a.example.com"), "rest");
    routes.apply({ revision: 6, remove: "rest" });
    assert.equal(at("a.example.com"), undefined);
  });

  test("an app that lost a host to another one for a while has it again when its routes are told again", () => {
    const routes = tableOf(app("a", { hosts: ["x.test"] }));
    routes.apply({ revision: 2, set: app("b", { hosts: ["x.test"] }) });
    assert.equal(routes.appsOf("x.test")[0]?.routes.app, "b");
    routes.apply({ revision: 3, set: app("a", { hosts: ["x.test"] }) });
    routes.apply({ revision: 4, remove: "b" });
    assert.equal(routes.appsOf("x.test")[0]?.routes.app, "a");
  });

  test("the prefix is taken off where the app wants it", () => {
    const paths = {
      "/api/v2": "/",
      "/api/v2/": "/",
      "/api/v2?a=/api/v2": "/?a=/api/v2",
      "/api/v2/users?x": "/users?x",
      "/api/v2//evil": "//evil",
    };
    for (const [path, seen] of Object.entries(paths)) {
      const place = table.place("example.com", path);
      assert.ok(place);
      assert.equal(pathWithin(place, path), seen);
    }
    const kept = table.place("example.com", "/api/users");
    assert.ok(kept);
    assert.equal(pathWithin(kept, "/api/users"), "/api/users");
  });
});

suite("a worker with paths and redirects", () => {
  test("passes the path on without its prefix, and says so to the app alone", async (t) => {
    const dyno = await startDyno(t, (request, response) =>
      response.end(`${request.url} ${request.headers["x-forwarded-prefix"]}`),
    );
    const paths = [{ host: "app.test", path: "/api" }];
    const worker = await startWorker(t, {
      apps: [
        app("api", { targets: [dyno.target], paths, stripPrefix: true }),
        app("shop", { targets: [dyno.target], hosts: ["app.test"] }),
      ],
    });
    const headers = { "X-Forwarded-Prefix": "/forged" };
    assert.equal((await ask(worker.port, { path: "/api/users?x=1", headers })).body, "/users?x=1 /api");
    assert.equal((await ask(worker.port, { path: "/apis", headers })).body, "/apis undefined");
    await worker.end("SIGTERM");
    assert.match((await worker.accessLines())[0] ?? "", /path="\/api\/users\?x=1" .* app=api$/);
  });

  test("redirects to the one host, with path, query and port, and keeps the method", async (t) => {
    const worker = await startWorker(t, { apps: sample });
    const host = "WWW.example.com:8080";
    const get = await ask(worker.port, { host, path: "/a/b?c=d" });
    assert.deepEqual([get.status, get.headers.location], [301, "http://example.com:8080/a/b?c=d"]);
    const post = await ask(worker.port, { host, path: "//evil.test", method: "POST", body: "x" });
    assert.deepEqual([post.status, post.headers.location], [308, "http://example.com:8080//evil.test"]);
    const upgrade = await talk(
      worker.port,
      "GET /chat HTTP/1.1\r\nHost: www.example.com\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
    );
    assert.match(upgrade, /^HTTP\/1.1 301 .*\r\nLocation: http:\/\/example.com\/chat\r\n/);
  });
});

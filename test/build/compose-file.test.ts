import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { parse } from "yaml";
import { composeFile } from "../../src/build/compose-file.ts";
import { replaceBase } from "../../src/build/replace-base.ts";

suite("a compose file for an image", () => {
  test("runs every process type, web where asked, and release only by name", () => {
    const image = { reference: "shop:v1", processTypes: { release: "x", worker: "y", web: "z" } };
    const { services } = parse(composeFile(image, { config: { PRICE: "$5" }, port: 8080 }));
    assert.deepEqual(Object.keys(services), ["web", "release", "worker"]);
    assert.deepEqual(services.web, {
      image: "shop:v1",
      command: ["/start", "web"],
      environment: { PRICE: "$$5", PORT: "5000" },
      ports: ["127.0.0.1:8080:5000"],
      init: true,
      restart: "on-failure",
    });
    assert.deepEqual(services.worker.command, ["/start", "worker"]);
    assert.deepEqual(services.release.profiles, ["release"]);
  });

  test("keeps the command and the port of an image of another make, and images of their own", () => {
    const processTypes = { web: "", worker: "run $THIS" };
    const runtime = { port: 7000, services: { worker: { image: "shop:latest-worker" } } };
    const { services } = parse(
      composeFile({ reference: "shop:latest", processTypes, runtime }, { config: {}, port: undefined }),
    );
    assert.equal(services.web.command, undefined);
    assert.deepEqual(services.web.ports, ["127.0.0.1:7000:7000"]);
    assert.equal(services.worker.image, "shop:latest-worker");
    assert.deepEqual(services.worker.command, ["/bin/sh", "-c", "run $$THIS"]);
  });
});

suite("another base for a Dockerfile", () => {
  test("takes the place of what the last stage stands on", () => {
    assert.equal(replaceBase("FROM a\nRUN x\n", "z:1"), "FROM z:1\nRUN x\n");
    assert.equal(
      replaceBase("FROM a AS b\nfrom --platform=linux/arm64 c as d", "z"),
      "FROM a AS b\nfrom --platform=linux/arm64 z as d",
    );
    assert.equal(
      replaceBase("FROM a AS base\nFROM x AS y\nFROM Base AS d\nFROM d", "z"),
      "FROM z AS base\nFROM x AS y\nFROM Base AS d\nFROM d",
    );
  });

  test("is refused where there is no FROM", () => {
    const script = "RUN <<E python3\nfrom os import path\nE\n";
    assert.equal(replaceBase(`FROM a\n${script}`, "z"), `FROM z\n${script}`);
    assert.throws(() => replaceBase("RUN x", "z"), { code: "build-failed" });
  });
});

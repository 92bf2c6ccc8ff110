import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  type BuildPlan,
  type BuildSettings,
  buildOptions,
  imageConfig,
  slugOptions,
} from "../../../src/builders/buildpack/options.ts";
import { directNetwork } from "../../../src/builders/network/network.ts";

const plan: BuildPlan = {
  instance: "i",
  session: "s",
  network: "berth-i",
  app: "shop",
  appId: "app-1",
  buildId: "b1",
  commit: "c".repeat(40),
  limits: { cpus: 1.5, memoryBytes: 2 ** 30 },
};
const settings: BuildSettings = {
  buildImage: "berth/build:1",
  runImage: "berth/run:1",
  buildNetwork: directNetwork,
  pidsLimit: 4096,
};

suite("Containers of a build", () => {
  test("the source arrives on stdin, the cache is the app's own volume", () => {
    const options = buildOptions(plan, settings, { baseKey: "" });
    assert.deepEqual(options.Cmd, ["/build", "-"]);
    assert.equal(options.User, "32767:32767");
    assert.deepEqual(options.Env, [
      "npm_config_globalconfig=/etc/npmrc",
      `SOURCE_VERSION=${plan.commit}`,
      "REQUEST_ID=b1",
      "BERTH_BASE=",
    ]);
    assert.deepEqual([options.OpenStdin, options.StdinOnce, options.Tty], [true, true, undefined]);
    const [cache, ...others] = options.HostConfig?.Mounts ?? [];
    assert.deepEqual([cache?.Source, cache?.Target, others], ["berth-i-cache-app-1", "/tmp/cache", []]);
    assert.equal(cache?.VolumeOptions?.Labels["berth.instance"], "i");
  });

  test("it is confined as a dyno is", () => {
    const { HostConfig } = buildOptions(plan, settings, { baseKey: "" });
    assert.deepEqual(HostConfig?.CapDrop, ["ALL"]);
    assert.deepEqual(HostConfig?.SecurityOpt, ["no-new-privileges"]);
    assert.equal(HostConfig?.PidsLimit, 4096);
    assert.equal(HostConfig?.NetworkMode, "berth-i");
  });

  test("it has its share of the machine, no swap, and comes second to apps", () => {
    const { HostConfig } = buildOptions(plan, settings, { baseKey: "" });
    assert.deepEqual([HostConfig?.NanoCpus, HostConfig?.CpuShares], [1_500_000_000, 256]);
    assert.deepEqual([HostConfig?.Memory, HostConfig?.MemorySwap], [2 ** 30, 2 ** 30]);
  });

  test("the host's authorities are mounted where everything looks for them", () => {
    const { HostConfig, Env } = buildOptions(
      plan,
      { ...settings, buildNetwork: { ...directNetwork, caFile: "/etc/ssl/certs/ca-certificates.crt" } },
      { baseKey: "" },
    );
    const mount = HostConfig?.Mounts?.[1];
    assert.deepEqual([mount?.Type, mount?.ReadOnly], ["bind", true]);
    assert.ok(Env?.includes(`NODE_EXTRA_CA_CERTS=${mount?.Target}`));
  });

  test("the build is told of a proxy, and what it is told of itself has no part in that", () => {
    const buildNetwork = { ...directNetwork, httpProxy: "http://10.0.0.1:3128" };
    const { Env } = buildOptions(plan, { ...settings, buildNetwork }, { baseKey: "k" });
    assert.deepEqual(Env?.slice(0, 2), ["http_proxy=http://10.0.0.1:3128", "HTTP_PROXY=http://10.0.0.1:3128"]);
    assert.deepEqual(Env?.slice(-3), [`SOURCE_VERSION=${plan.commit}`, "REQUEST_ID=b1", "BERTH_BASE=k"]);
  });

  test("the image runs as the unprivileged user in /app and does not pass for a container of Berth's", () => {
    const config = imageConfig(plan) as { User: string; WorkingDir: string; Labels: Record<string, string> };
    assert.deepEqual([config.User, config.WorkingDir], ["32767:32767", "/app"]);
    assert.equal(config.Labels["berth.type"], "image");
    assert.equal(config.Labels["berth.build"], "b1");
    assert.equal(slugOptions(plan, settings.runImage).Labels?.["berth.type"], "slug");
  });
});

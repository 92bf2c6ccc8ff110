import assert from "node:assert/strict";
import { suite, test } from "node:test";
import {
  defaultContainerSettings,
  dynoOptions,
  environment,
  resources,
  restartPolicy,
  runOptions,
} from "../../src/docker/container-options.ts";
import type { DynoSpec } from "../../src/model/dyno.ts";

const web: DynoSpec = {
  app: "shop",
  processType: "web",
  number: 2,
  release: 7,
  image: "berth-i/shop:b1",
  command: "node server.js",
  config: { A: "1", PORT: "80", DYNO: "x" },
  port: 5000,
  restartPolicy: "on-failure:10",
  stopTimeoutSeconds: 30,
};
const place = { instance: "i", network: "berth-i", address: "172.18.0.9" };

suite("Container options", () => {
  const dyno = dynoOptions(web, place, defaultContainerSettings);

  test("a dyno runs its command through /exec with its config, PORT and DYNO", () => {
    assert.deepEqual(dyno.Cmd, ["/exec", "bash", "-c", "node server.js"]);
    assert.deepEqual(dyno.Env, ["A=1", "PORT=5000", "DYNO=web.2"]);
    assert.equal(dyno.StopTimeout, 30);
  });

  test("its labels say what it is, to Berth and to what knows Dokku", () => {
    assert.deepEqual(dyno.Labels, {
      "berth.instance": "i",
      "berth.type": "dyno",
      "berth.app": "shop",
      "berth.process-type": "web",
      "berth.dyno": "web.2",
      "berth.number": "2",
      "berth.release": "7",
      "berth.address": "172.18.0.9",
      "berth.port": "5000",
      "com.dokku.app-name": "shop",
      "com.dokku.process-type": "web",
      "com.dokku.dyno": "web.2",
      "com.dokku.container-type": "deploy",
    });
  });

  test("it is confined, its log is bounded, its address fixed and nothing published", () => {
    assert.deepEqual(dyno.HostConfig, {
      OomScoreAdj: 300,
      Init: true,
      CapDrop: ["ALL"],
      SecurityOpt: ["no-new-privileges"],
      PidsLimit: 1024,
      RestartPolicy: { Name: "on-failure", MaximumRetryCount: 10 },
      LogConfig: { Type: "json-file", Config: { "max-size": "10m", "max-file": "3" } },
      NetworkMode: "berth-i",
    });
    assert.deepEqual(dyno.NetworkingConfig, {
      EndpointsConfig: { "berth-i": { IPAMConfig: { IPv4Address: "172.18.0.9" } } },
    });
  });

  test("has the limits of the machine, and is killed before the daemon when memory is short", () => {
    const limits = { memoryBytes: 1_000_000_000, swapBytes: 5_000_000, cpus: 1.8 };
    const { HostConfig } = dynoOptions(web, place, { ...defaultContainerSettings, limits });
    assert.equal(HostConfig?.Memory, 1_000_000_000);
    assert.equal(HostConfig?.MemorySwap, 1_005_000_000);
    assert.equal(HostConfig?.NanoCpus, 1_800_000_000);
    assert.ok(Number(HostConfig?.OomScoreAdj) > 0);
    assert.ok(resources({ cpus: 1, memoryBytes: 1 }).OomScoreAdj > Number(HostConfig?.OomScoreAdj));
  });

  test("an image of another make runs as it says itself, with what its start as root may need, and no more", () => {
    const runtime = { appId: "id-1", command: undefined, volumes: [], aliases: [] };
    const own = dynoOptions({ ...web, runtime }, place, defaultContainerSettings);
    assert.equal("Cmd" in own || "Entrypoint" in own || "User" in own, false);
    assert.deepEqual(own.HostConfig?.CapDrop, ["ALL"]);
    assert.deepEqual(own.HostConfig?.SecurityOpt, ["no-new-privileges"]);
    assert.ok(own.HostConfig?.CapAdd?.includes("SETUID"));
    for (const risky of ["NET_RAW", "MKNOD", "SYS_CHROOT", "SETFCAP", "SYS_ADMIN"]) {
      assert.equal(own.HostConfig?.CapAdd?.includes(risky), false);
    }
    const words = dynoOptions(
      { ...web, runtime: { ...runtime, command: ["a", "b"] } },
      place,
      defaultContainerSettings,
    );
    assert.deepEqual(words.Cmd, ["a", "b"]);
  });

  test("volumes of a dyno belong to its app and outlive it", () => {
    const volumes = [{ name: "data", target: "/var/lib/data", readOnly: false }];
    const runtime = { appId: "id-1", command: undefined, volumes, aliases: [] };
    const [mount] = dynoOptions({ ...web, runtime }, place, defaultContainerSettings).HostConfig?.Mounts ?? [];
    assert.deepEqual(
      [mount?.Type, mount?.Source, mount?.Target],
      ["volume", "berth-i-data-id-1-data", "/var/lib/data"],
    );
    assert.equal(mount?.VolumeOptions?.Labels["berth.type"], "data");
  });

  test("where the host says so, dynos trust what it trusts; what the app says of that wins", () => {
    const trusting = { ...defaultContainerSettings, caFile: "/etc/ca.pem" };
    const options = dynoOptions({ ...web, config: { SSL_CERT_FILE: "/app/own.pem" } }, place, trusting);
    const run = { ...web, command: ["x"], name: "run.1", terminal: undefined };
    const oneOff = runOptions(run, { instance: "i", network: "berth-i", session: "s" }, trusting);
    for (const { HostConfig } of [options, oneOff]) {
      const [mount] = HostConfig?.Mounts ?? [];
      assert.deepEqual([mount?.Type, mount?.Source, mount?.ReadOnly], ["bind", "/etc/ca.pem", true]);
      assert.equal(mount?.Target, "/etc/ssl/certs/ca-certificates.crt");
    }
    assert.ok(options.Env?.includes("SSL_CERT_FILE=/app/own.pem"));
    assert.ok(oneOff.Env?.includes("NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt"));
    assert.equal(dyno.HostConfig?.Mounts, undefined);
  });

  test("a dyno without a port keeps the PORT of its config", () => {
    const { Env, Labels } = dynoOptions(
      { ...web, processType: "worker", port: undefined },
      place,
      defaultContainerSettings,
    );
    assert.deepEqual(Env, ["A=1", "PORT=80", "DYNO=worker.2"]);
    assert.equal(Labels?.["berth.port"], undefined);
  });

  test("restart policies are written as Docker's command line has them", () => {
    assert.deepEqual(restartPolicy("no"), { Name: "no" });
    assert.deepEqual(restartPolicy("unless-stopped"), { Name: "unless-stopped" });
    assert.deepEqual(restartPolicy("on-failure"), { Name: "on-failure" });
    assert.deepEqual(restartPolicy("on-failure:3"), { Name: "on-failure", MaximumRetryCount: 3 });
  });

  test("values go into the environment as they are", () => {
    assert.deepEqual(environment({ A: "x\ny=z", B: "" }, {}), ["A=x\ny=z", "B="]);
  });

  test("a one-off dyno has its words behind /exec, open input, a session, and is never restarted", () => {
    const run = {
      ...web,
      command: ["rails", "console"],
      name: "run.1234",
      terminal: { name: "xterm", size: { columns: 80, rows: 24 } },
    };
    const options = runOptions(run, { instance: "i", network: "berth-i", session: "s" }, defaultContainerSettings);
    assert.deepEqual(options.Cmd, ["/exec", "rails", "console"]);
    assert.deepEqual(options.Env, ["TERM=xterm", "A=1", "PORT=80", "DYNO=run.1234"]);
    assert.equal(options.Labels?.["berth.type"], "run");
    assert.equal(options.Labels?.["berth.session"], "s");
    assert.deepEqual([options.Tty, options.OpenStdin, options.StdinOnce], [true, true, true]);
    assert.equal(options.HostConfig?.RestartPolicy, undefined);
    assert.deepEqual(options.HostConfig?.CapDrop, ["ALL"]);
  });

  test("a one-off dyno of a process type has what the type has in place of its image's own", () => {
    const process = { entrypoint: ["/run"], user: "7", workingDir: "/d" };
    const run = { ...web, command: ["x", "y z"], ownImage: true, process, name: "run.1", terminal: undefined };
    const options = runOptions(run, { instance: "i", network: "berth-i", session: "s" }, defaultContainerSettings);
    const { Cmd, Entrypoint, User, WorkingDir } = options;
    assert.deepEqual(
      { Cmd, Entrypoint, User, WorkingDir },
      {
        ...{ Cmd: ["x", "y z"], Entrypoint: ["/run"], User: "7", WorkingDir: "/d" },
      },
    );
    const plain = runOptions(
      { ...web, command: ["x"], name: "run.1", terminal: undefined },
      { instance: "i", network: "berth-i", session: "s" },
      defaultContainerSettings,
    );
    assert.ok(!("Entrypoint" in plain || "User" in plain || "WorkingDir" in plain));
  });
});

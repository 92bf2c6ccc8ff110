import assert from "node:assert/strict";
import { after, suite, test } from "node:test";
import { createDockerEngine } from "../../src/docker/create-engine.ts";
import type { DockerEngine } from "../../src/docker/engine.ts";
import { EngineError } from "../../src/docker/errors.ts";
import { labels } from "../../src/docker/labels.ts";
import { ensureNetwork, networkName, networkOptions, removeNetwork } from "../../src/docker/network.ts";
import { contains, parseAddress, parseSubnet, type Subnet } from "../../src/lib/ipv4.ts";
import { dockerSocket, newInstance, removeAllOf } from "../helpers/docker.ts";

const engine = createDockerEngine({ socketPath: dockerSocket });

suite("The Berth network", { concurrency: 2 }, () => {
  const instances: string[] = [];
  const instance = (): string => {
    const id = newInstance();
    instances.push(id);
    return id;
  };
  after(() => Promise.all(instances.map((id) => removeAllOf(engine, id))));

  test("is a bridge without traffic between containers, with a subnet in two halves", async () => {
    const id = instance();
    const network = await ensureNetwork(engine, id);
    const found = await engine.networks.inspect(network.name);
    assert.equal(found?.options["com.docker.network.bridge.enable_icc"], "false");
    assert.equal(found?.labels[labels.instance], id);
    const [dynos, others] = [network.dynoRange, found?.range ?? ""].map(parseSubnet) as [Subnet, Subnet];
    assert.equal(dynos.prefix, others.prefix);
    assert.ok(dynos.base < others.base);
    assert.ok(contains(dynos, parseAddress(network.gateway) as number));
    await removeNetwork(engine, id);
    assert.equal(await engine.networks.inspect(network.name), undefined);
  });

  test("is reused, and a probe that was left behind is removed", async () => {
    const id = instance();
    const first = await ensureNetwork(engine, id);
    await engine.networks.create({ name: `${id}-left`, labels: { [labels.instance]: id, [labels.kind]: "probe" } });
    assert.deepEqual(await ensureNetwork(engine, id), first);
    const found = await engine.networks.list({ [labels.instance]: id });
    assert.deepEqual(
      found.map((network) => network.id),
      [first.id],
    );
  });

  test("several Berths that begin at one time get one each", async () => {
    const networks = await Promise.all([instance(), instance(), instance()].map((id) => ensureNetwork(engine, id)));
    assert.equal(new Set(networks.map(({ subnet }) => subnet)).size, 3);
  });

  test("one of that name that Berth did not make is refused", async () => {
    const id = instance();
    const made = await engine.networks.create({ name: networkName(id), labels: {} });
    try {
      await assert.rejects(ensureNetwork(engine, id), { code: "network-unusable", message: /Berth did not make it/ });
    } finally {
      await engine.networks.remove(made);
    }
  });

  test("one whose containers reach each other is refused", async () => {
    const id = instance();
    const label = { [labels.instance]: id, [labels.kind]: "network" };
    await engine.networks.create({ name: networkName(id), labels: label });
    await assert.rejects(ensureNetwork(engine, id), { code: "network-unusable", message: /reach each other/ });
  });

  test("a subnet that somebody takes in between is tried again", async () => {
    const id = instance();
    let refused = 0;
    const crowded = withCreate(async (options, create) => {
      if (options.subnet !== undefined && refused++ < 2)
        throw new EngineError("Pool overlaps with other one", 403, undefined);
      return await create(options);
    });
    const network = await ensureNetwork(crowded, id);
    assert.equal(refused, 3);
    assert.equal(network.name, networkName(id));
  });

  test("an engine without a free subnet says so", async () => {
    const exhausted = withCreate(() => {
      const message =
        "could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network";
      throw new EngineError(message, 404, undefined);
    });
    await assert.rejects(ensureNetwork(exhausted, instance()), { code: "subnets-exhausted" });
  });

  test("small subnets do, tiny ones do not", () => {
    assert.equal(networkOptions("i", "10.1.2.0/24", "10.1.2.1").range, "10.1.2.128/25");
    assert.throws(() => networkOptions("i", "10.1.2.0/30", "10.1.2.1"), /too small/);
  });
});

type Create = DockerEngine["networks"]["create"];

function withCreate(create: (options: Parameters<Create>[0], real: Create) => Promise<string>): DockerEngine {
  const networks = {
    ...engine.networks,
    create: (options: Parameters<Create>[0]) => create(options, engine.networks.create),
  };
  return { ...engine, networks };
}

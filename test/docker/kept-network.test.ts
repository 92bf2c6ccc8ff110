import assert from "node:assert/strict";
import { after, before, suite, test } from "node:test";
import { KeptNetwork } from "../../src/docker/kept-network.ts";
import { labels } from "../../src/docker/labels.ts";
import { formatAddress, parseSubnet } from "../../src/lib/ipv4.ts";
import { type DockerPlace, dockerPlace, rawDocker } from "../helpers/docker.ts";
import { requireImages, runImage } from "../helpers/images.ts";

suite("The network that the daemon keeps", () => {
  let place: DockerPlace;
  before(async () => {
    requireImages();
    place = await dockerPlace();
  });
  after(() => place.dispose());

  async function run(name: string, own: Record<string, string>, address: string): Promise<string> {
    const { engine, instance, network } = place;
    const id = await engine.containers.create(`${instance}-${name}`, {
      Image: runImage,
      Cmd: ["sleep", "infinity"],
      Labels: { [labels.instance]: instance, ...own },
      HostConfig: { NetworkMode: network.name },
      NetworkingConfig: { EndpointsConfig: { [network.name]: { IPAMConfig: { IPv4Address: address } } } },
    });
    await engine.containers.start(id);
    return id;
  }

  test("removes a dyno that cannot get its address back only once that is allowed", async () => {
    const { engine, instance, network, logger } = place;
    const address = formatAddress((parseSubnet(network.dynoRange)?.base ?? 0) + 9);
    let mayReplace = false;
    const kept = new KeptNetwork({ engine, instance, network, mayReplace: () => mayReplace, logger });
    const dyno = await run("dyno", { [labels.kind]: "dyno", [labels.address]: address }, address);
    const takenAway = rawDocker().getNetwork(network.name);
    await takenAway.disconnect({ Container: dyno, Force: true });
    await run("other", {}, address);
    assert.equal(await kept.check(), "1 dynos are cut off");
    await assert.rejects(kept.make(), /dynos stay cut off/);
    assert.equal((await engine.containers.inspect(dyno))?.status, "running");
    mayReplace = true;
    await kept.make();
    assert.equal(await engine.containers.inspect(dyno), undefined);
  });
});

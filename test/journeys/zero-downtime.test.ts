import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { type Berth, startBerth } from "../helpers/berth.ts";
import { constantLoad } from "../helpers/load.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("zero downtime", () => {
  let berth: Berth;
  let folder: string;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
    folder = await berth.repository("node-web");
    await berth.pushOk(folder, "shop");
  });

  test("deploys, restarts, config changes, scaling and rollbacks under load drop no request", async () => {
    const load = constantLoad({ port: berth.httpPort, host: "shop.berth.test", path: "/", perSecond: 100 });
    for (let round = 1; round <= 2; round++) {
      await writeFile(join(folder, "round"), String(round));
      await berth.commitAll(folder, `round ${round}`);
      await berth.pushOk(folder, "shop");
      await berth.sshOk("ps:restart shop");
      await berth.sshOk(`config:set shop ROUND=${round}`);
      await berth.sshOk("ps:scale shop web=3");
      await berth.sshOk("ps:scale shop web=1");
      await berth.sshOk("rollback shop");
    }
    const result = await load.stop();
    assert.deepEqual(result.failures, []);
    assert.ok(result.requests > 500, `only ${result.requests} requests were made`);
  });

  test("a slow request that began before a deploy is answered by the dyno it began on", async () => {
    const slow = berth.fetch("shop", "/slow?ms=4000");
    await writeFile(join(folder, "round"), "slow");
    await berth.commitAll(folder, "slow");
    await berth.pushOk(folder, "shop");
    assert.equal((await slow).status, 200);
  });

  test("the daemon is killed under load: no request fails, and the next daemon takes over what runs", async () => {
    const containers = await berth.containers();
    const load = constantLoad({ port: berth.httpPort, host: "shop.berth.test", path: "/", perSecond: 100 });
    await berth.signal("SIGKILL");
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await berth.serve();
    await berth.pushOk(await commit(), "shop");
    const result = await load.stop();
    assert.deepEqual(result.failures, []);
    assert.equal((await berth.containers()).length, containers.length);
  });

  async function commit(): Promise<string> {
    await writeFile(join(folder, "round"), "after the kill");
    return berth.commitAll(folder, "after the kill");
  }
});

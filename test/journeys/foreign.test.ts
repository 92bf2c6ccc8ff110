import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { type Berth, run, runOk, startBerth } from "../helpers/berth.ts";
import { runImage } from "../helpers/images.ts";
import { afterSuite } from "../helpers/suite.ts";

const server = `
  $SIG{TERM} = sub { exit };
  my $s = IO::Socket::INET->new(LocalAddr => "0.0.0.0", LocalPort => $ARGV[0], Listen => 9, ReuseAddr => 1) or die;
  while (my $c = $s->accept) { sysread($c, my $in, 4096); print $c "HTTP/1.0 200 OK\\r\\n\\r\\n$ARGV[1]"; close $c }`;

// Generous: the machine of a test may be busy. That it is fast, `routed` tells.
const limitMs = 30_000;

suite("containers that others started", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  const started: string[] = [];

  async function start(text: string, ...options: string[]): Promise<string> {
    const args = ["run", "-d", "--rm", ...options, runImage, "perl", "-MIO::Socket::INET", "-e", server, "8000", text];
    const id = (await runOk("docker", args)).trim();
    started.push(id);
    return id;
  }

  async function answers(host: string, expected: string | number): Promise<void> {
    const end = Date.now() + limitMs;
    for (;;) {
      const { status, body } = await berth.fetch(host);
      if (body === expected || status === expected) return;
      if (Date.now() > end) assert.fail(`${host} answers ${status} ${body}, not ${expected}`);
      await delay(50);
    }
  }

  before(async () => {
    cleanup.after(async () => void (await run("docker", ["rm", "-f", ...started])));
    await start("early", "-e", "VIRTUALHOST=early.test", "-e", "PORT=8000");
    berth = await startBerth(cleanup);
  });

  test("are found at the start, and later when they start, by environment and by label, until they stop", async () => {
    await answers("early.test", "early");
    const id = await start(
      "late",
      "-e",
      "VIRTUALHOST=Late.test, *.late.test",
      "-e",
      "ALIAS=also.test",
      "-e",
      "PORT=8000",
    );
    await answers("late.test", "late");
    await answers("any.late.test", "late");
    await answers("also.test", "late");
    await start("labelled", "--label", "berth.virtualhost=label.test", "--expose", "8000");
    await answers("label.test", "labelled");
    await runOk("docker", ["stop", "-t", "2", id]);
    await answers("late.test", 404);
    await answers("also.test", 404);
  });

  test("are left alone where they are another Berth's", async () => {
    const labels = ["--label", "berth.instance=other", "--label", "berth.type=dyno"];
    await start("other", ...labels, "-e", "VIRTUALHOST=other.test", "-e", "PORT=8000");
    // One that starts later and is routed shows that the other one was seen.
    await start("after", "-e", "VIRTUALHOST=after.test", "-e", "PORT=8000");
    await answers("after.test", "after");
    await answers("other.test", 404);
  });

  test("give way to an app that has the domain, and have it again afterwards; both are told", async () => {
    await start("guest", "--name", `berth-guest-${process.pid}`, "-e", "VIRTUALHOST=wanted.test", "-e", "PORT=8000");
    await answers("wanted.test", "guest");
    await berth.sshOk("apps:create mine");
    await berth.sshOk("domains:add mine wanted.test");
    assert.equal((await berth.fetch("wanted.test")).status, 503);
    const list = await berth.sshOk("routes:list");
    assert.match(list, /wanted\.test leads to mine, not to container:berth-guest-/);
    assert.match(list, /early\.test +container +\S+ +http:\/\/\d+\.\d+\.\d+\.\d+:8000\n/);
    assert.ok(berth.log.some((line) => line.includes("two want one domain") && line.includes("wanted.test")));
    await berth.sshOk("domains:remove mine wanted.test");
    await answers("wanted.test", "guest");
  });

  test("are not needed for a route to any address, which lives until it is removed", async () => {
    const list = JSON.parse(await berth.sshOk("routes:list --format json"));
    const { address } = list.routes.find(({ domain }: { domain: string }) => domain === "early.test");
    await berth.sshOk(`routes:add Hand.test ${address}`);
    assert.equal((await berth.fetch("hand.test")).body, "early");
    await berth.signal("SIGTERM");
    await berth.serve();
    assert.equal((await berth.fetch("hand.test")).body, "early");
    assert.equal((await berth.fetch("early.test")).body, "early");
    await berth.sshOk("routes:remove hand.test");
    assert.equal((await berth.fetch("hand.test")).status, 404);
    assert.equal((await berth.ssh("routes:remove hand.test")).code, 1);
    assert.equal((await berth.ssh("routes:add mine.berth.test http://127.0.0.1:1")).code, 1);
  });
});

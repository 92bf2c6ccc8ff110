import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, eventually, run, runOk, startBerth } from "../helpers/berth.ts";
import { afterSuite } from "../helpers/suite.ts";

/** A page and a worker that says that it works, in what every image has. */
function pageAndWorker(page: string): Record<string, string> {
  const files = nullApp(page);
  const worker = '$|=1; my $n=0; while (1) { print "worked ".$n++."\\n"; sleep 1 }';
  // Not a shell: one that gets the Ctrl-C between two commands may lose it.
  // An engine before 23 gives the terminal its size just after the start, as docker run does.
  const terminal =
    '$|=1; for (1..100) { last if `stty size` !~ /^0 0/; select(undef, undef, undef, 0.1) } system("tty; stty size"); print "waiting\\n"; sleep 60';
  const procfile = `${files.Procfile}worker: perl worker.pl\n`;
  return { ...files, Procfile: procfile, "worker.pl": worker, "terminal.pl": terminal };
}

suite("processes", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
    await berth.pushOk(await berth.repositoryOf(pageAndWorker("page")), "shop");
  });

  test("ps:scale starts and stops dynos, and ps:report shows them", async () => {
    await berth.sshOk("ps:scale shop web=2 worker=1");
    const report = await berth.sshOk("ps:report shop");
    assert.match(report, /Status web 1: +running/i);
    assert.match(report, /Status web 2: +running/i);
    assert.match(report, /Status worker 1: +running/i);
    const scale = JSON.parse(await berth.sshOk("ps:scale shop --format json"));
    assert.deepEqual(
      scale.toSorted((a: { process_type: string }, b: { process_type: string }) =>
        a.process_type.localeCompare(b.process_type),
      ),
      [
        { process_type: "web", quantity: 2 },
        { process_type: "worker", quantity: 1 },
      ],
    );
    await berth.sshOk("ps:scale shop web=1 worker=0");
    await eventually(async () => assert.equal((await berth.containers("label=berth.app=shop")).length, 1));
    const unknown = await berth.ssh("ps:scale shop clock=1");
    assert.equal(unknown.code, 1);
    assert.match(unknown.stderr, /clock is not a valid process name/);
  });

  test("ps:stop takes the app down with a page that says so, ps:start brings it back", async () => {
    await berth.sshOk("ps:stop shop");
    assert.equal((await berth.fetch("shop")).status, 503);
    assert.deepEqual(await berth.containers("label=berth.app=shop"), []);
    await berth.sshOk("ps:start shop");
    assert.equal((await berth.fetch("shop")).status, 200);
  });

  test("ps:restart gives new dynos", async () => {
    const before = await berth.containers("label=berth.app=shop");
    await berth.sshOk("ps:restart shop");
    await eventually(async () => {
      const after = await berth.containers("label=berth.app=shop");
      assert.equal(after.length, before.length);
      assert.equal(after.filter((id) => before.includes(id)).length, 0);
    });
  });

  test("a dyno that dies is started again by itself and serves under the same route", async () => {
    const [id] = await berth.containers("label=berth.app=shop", "label=berth.process-type=web");
    await runOk("docker", ["exec", id ?? "", "sh", "-c", "kill -9 -1"]).catch(() => undefined);
    await eventually(async () => assert.equal((await berth.fetch("shop")).status, 200));
    await berth.sshOk("ps:scale shop worker=1");
    assert.equal((await berth.fetch("shop")).status, 200);
  });

  for (const verb of ["stop", "kill"]) {
    test(`replaces the only web dyno at once after docker ${verb} by hand`, async () => {
      const [id] = await berth.containers("label=berth.app=shop", "label=berth.process-type=web");
      await runOk("docker", [verb, id ?? ""]);
      await eventually(async () => {
        const now = await berth.containers("label=berth.app=shop", "label=berth.process-type=web");
        assert.equal(now.length, 1);
        assert.notEqual(now[0], id);
        assert.equal((await berth.fetch("shop")).status, 200);
      });
    });
  }

  test("a container that is removed by hand is replaced", async () => {
    const [id] = await berth.containers("label=berth.app=shop", "label=berth.process-type=web");
    await runOk("docker", ["rm", "-f", id ?? ""]);
    await eventually(async () => {
      const now = await berth.containers("label=berth.app=shop", "label=berth.process-type=web");
      assert.equal(now.length, 1);
      assert.notEqual(now[0], id);
      assert.equal((await berth.fetch("shop")).status, 200);
    });
  });

  test("logs show the last lines with time and dyno, and -t goes on", async () => {
    await berth.sshOk("ps:scale shop worker=1");
    await eventually(async () => {
      assert.match(await berth.sshOk("logs shop -n 1 -p worker"), /^\S+ .*app\[worker\.1\]: worked \d+\n$/);
    });
    const tail = spawn("ssh", [
      ...berth.sshOptions(),
      ...["-p", String(berth.sshPort), "berth@127.0.0.1", "logs shop -t -n 1 -p worker"],
    ]);
    let seen = 0;
    for await (const chunk of tail.stdout) {
      seen += String(chunk).split("worked").length - 1;
      if (seen >= 3) break;
    }
    tail.kill("SIGINT");
    assert.ok(seen >= 3);
  });

  test("run passes words, input, output and the exit code", async () => {
    assert.equal(await berth.sshOk("run shop echo 'a  b' \"c\""), "a  b c\n");
    assert.equal((await berth.ssh("run shop sh -c 'exit 42'")).code, 42);
    assert.equal(await berth.sshOk("run shop cat", { stdin: "in and out" }), "in and out");
    assert.equal(await berth.sshOk("run -e A=1 shop sh -c 'echo $A $HOME; id -u'"), "1 /app\n32767\n");
    const quiet = await berth.ssh("run shop ls --quiet");
    assert.notEqual(quiet.code, 0, "a flag after the command belongs to the command");
    await eventually(async () => assert.deepEqual(await berth.containers("label=berth.type=run"), []));
  });

  test("run has a terminal with its size when ssh asks for one, and Ctrl-C reaches the process", async () => {
    // `script` gives ssh the terminal that a test does not have.
    const inner = ["ssh", "-tt", ...berth.sshOptions(), "-p", String(berth.sshPort), "berth@127.0.0.1"];
    const command = `stty rows 33 cols 101; ${inner.join(" ")} "run shop perl terminal.pl"`;
    const terminal = spawn("script", ["-qec", command, "/dev/null"], { stdio: ["pipe", "pipe", "inherit"] });
    let output = "";
    for await (const chunk of terminal.stdout) {
      const before = output;
      output += chunk;
      if (!before.includes("waiting") && output.includes("waiting")) terminal.stdin.write("\x03");
    }
    if (terminal.exitCode === null) await once(terminal, "close");
    assert.match(output, /\/dev\/pts\/\d+/);
    assert.match(output, /33 101/);
    assert.notEqual(terminal.exitCode, 0);
    await eventually(async () => assert.deepEqual(await berth.containers("label=berth.type=run"), []));
  });

  test("run prints all output on a terminal whose input has ended", async () => {
    const ssh = ["ssh", "-tt", ...berth.sshOptions(), "-p", String(berth.sshPort), "berth@127.0.0.1"];
    const command = "run shop bash -c 'sleep 1; cat; echo hello; exit 5'";
    const { code, stdout } = await run("sh", ["-c", 'exec "$@" </dev/null', "sh", ...ssh, command]);
    assert.deepEqual([code, stdout], [5, "hello\r\n"]);
  });

  test("a run whose client goes away leaves no container", async () => {
    const client = spawn("ssh", [
      ...berth.sshOptions(),
      ...["-p", String(berth.sshPort), "berth@127.0.0.1", "run shop sh -c 'echo runs; sleep 300'"],
    ]);
    // Not earlier: a signal that comes before the init process listens is lost, and the container has its full time to stop.
    await once(client.stdout, "data");
    assert.equal((await berth.containers("label=berth.type=run")).length, 1);
    client.kill("SIGKILL");
    await eventually(async () => assert.deepEqual(await berth.containers("label=berth.type=run"), []), 60_000);
  });

  test("apps reach neither each other nor the daemon, and have no privileges", async () => {
    await berth.pushOk(await berth.repositoryOf(nullApp("neighbour")), "neighbour");
    const [id] = await berth.containers("label=berth.app=neighbour");
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}} {{.Gateway}}{{end}}";
    const [address, gateway] = (await runOk("docker", ["inspect", "-f", format, id ?? ""])).trim().split(" ");
    const connect = (host: string, port: number) =>
      berth.ssh(`run shop timeout 3 bash -c 'exec 3<>/dev/tcp/${host}/${port} && head -c 4 <&3'`);
    assert.notEqual((await connect(address ?? "", 5000)).code, 0);
    const daemon = await connect(gateway ?? "", berth.sshPort);
    assert.ok(!daemon.stdout.includes("SSH-"), "the daemon greets a dyno");
    const status = await berth.sshOk("run shop cat /proc/self/status");
    assert.match(status, /NoNewPrivs:\s+1/);
    assert.match(status, /CapEff:\s+0+\n/);
    const inspect = JSON.parse(await runOk("docker", ["inspect", id ?? ""]))[0];
    assert.ok(inspect.HostConfig.PidsLimit > 0);
    assert.equal(inspect.HostConfig.Init, true);
    assert.equal(inspect.HostConfig.LogConfig.Config["max-size"], "10m");
    assert.deepEqual(inspect.HostConfig.PortBindings ?? {}, {});
    assert.equal(inspect.Config.Labels["berth.dyno"], "web.1");
    assert.equal(inspect.Config.Labels["berth.release"], "1");
  });
});

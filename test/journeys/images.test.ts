import assert from "node:assert/strict";
import { createReadStream } from "node:fs";
import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, runOk, startBerth } from "../helpers/berth.ts";
import { dockerApp } from "../helpers/docker-app.ts";
import { runImage } from "../helpers/images.ts";
import { afterSuite } from "../helpers/suite.ts";

suite("Images that buildpacks did not make", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
  });

  test("masks a config var that an ARG asks for in the push and in the kept output, and the image has it", async () => {
    const { Dockerfile = "", ...files } = dockerApp("masked", 8124);
    const steps = "ARG API_TOKEN\nRUN echo got $API_TOKEN && echo $API_TOKEN > token\n";
    const folder = await berth.repositoryOf({ ...files, Dockerfile: Dockerfile.replace("COPY", `${steps}COPY`) });
    await berth.sshOk("apps:create masked");
    assert.doesNotMatch(await berth.sshOk("config:set masked API_TOKEN=s3cr3t-t0ken"), /s3cr3t/);
    const told = await berth.pushOk(folder, "masked");
    assert.match(told, /RUN echo got \*{7} && echo \*{7} /);
    assert.match(told, /got \*{7}/);
    assert.doesNotMatch(told, /s3cr3t/);
    assert.doesNotMatch(await berth.sshOk("builds:output masked"), /s3cr3t/);
    // Without the entry point, which is perl.
    assert.equal((await berth.sshOk("run masked -pe '' token")).trim(), "s3cr3t-t0ken");

    await writeFile(join(folder, "Dockerfile"), `FROM ${runImage}\nARG API_TOKEN\nRUN exit 3 # $API_TOKEN\n`);
    await berth.commitAll(folder, "failing");
    const failed = await berth.push(folder, "masked");
    assert.notEqual(failed.code, 0);
    assert.doesNotMatch(`${failed.stdout}${failed.stderr}`, /s3cr3t/);
  });

  test("a pushed Dockerfile is built, and its image runs with its own user and entry point on the port it EXPOSEs", async () => {
    const folder = await berth.repositoryOf(dockerApp("from docker", 8123));
    const told = await berth.pushOk(folder, "docked");
    assert.match(told, /remote: -----> Building with dockerfile/);
    assert.match(told, /remote: #\d+ \[\d\/\d\] WORKDIR \/srv/);
    assert.equal((await berth.fetch("docked")).body, "from docker\n");
    const run = await berth.sshOk("run docked -e 'print getpwuid($<) // $<, \" $ENV{PWD}\"'");
    assert.match(run, /^4321/);
    assert.match(await berth.sshOk("ps:report docked"), /running/);

    // The Procfile stands in for CMD, behind ENTRYPOINT; PORT is the same.
    await writeFile(join(folder, "Procfile"), "web: server.pl $PORT\nworker: -e 'sleep'\n");
    await writeFile(join(folder, "page"), "by procfile");
    await berth.commitAll(folder, "procfile");
    // A line that wants a shell gets one, which this ENTRYPOINT cannot run.
    assert.notEqual((await berth.push(folder, "docked")).code, 0);
    assert.equal((await berth.fetch("docked")).body, "from docker\n");
    await writeFile(join(folder, "Procfile"), "web: server.pl\nworker: -e 'sleep'\n");
    await berth.commitAll(folder, "plain procfile");
    await berth.pushOk(folder, "docked");
    assert.equal((await berth.fetch("docked")).body, "by procfile\n");

    const back = await berth.sshOk("rollback docked v1");
    assert.match(back, /now runs v3/);
    assert.equal((await berth.fetch("docked")).body, "from docker\n");
  });

  test("an image is deployed by its name, and again only when another one has that name", async () => {
    await berth.cliOk("apps:create", "named");
    const image = `${await berth.instance()}-sample`;
    const folder = await berth.repositoryOf(dockerApp("from image", 8124));
    const label = `berth.instance=${await berth.instance()}`;
    await runOk("docker", ["build", "-q", "--label", label, "-t", image, folder]);
    assert.match(await berth.sshOk(`git:from-image named ${image}`), /Image exists on host, skipping pull/);
    assert.equal((await berth.fetch("named")).body, "from image\n");
    const again = await berth.ssh(`git:from-image named ${image}`);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /No changes detected, skipping git commit/);
    const missing = await berth.ssh("git:from-image named 127.0.0.1:1/absent:1");
    assert.match(missing.stderr, /Failed to pull image: 127\.0\.0\.1:1\/absent:1/);
    assert.equal((await berth.ssh("git:from-image none x")).code, 20);

    await writeFile(join(folder, "Procfile"), "web: server.pl\nworker: -e 'sleep'\n");
    await writeFile(join(folder, "app.json"), '{"env": {"OF_IMAGE": "yes"}}');
    await writeFile(join(folder, "page"), "with Procfile");
    await runOk("docker", ["build", "-q", "--label", label, "-t", `${image}:typed`, folder]);
    const typed = await berth.sshOk(`git:from-image named ${image}:typed`);
    assert.match(typed, /Taking Procfile and app\.json from the image's working folder/);
    assert.equal((await berth.fetch("named")).body, "with Procfile\n");
    assert.match(await berth.sshOk("ps:scale named"), /worker: {2}0/);
    assert.equal(await berth.sshOk("config:get named OF_IMAGE"), "yes\n");

    const saved = join(folder, "image.tar");
    await writeFile(join(folder, "page"), "loaded");
    await runOk("docker", ["build", "-q", "--label", label, "-t", `${image}:2`, folder]);
    await runOk("docker", ["save", "-o", saved, `${image}:2`]);
    await runOk("docker", ["rmi", `${image}:2`]);
    const load = (...words: string[]) =>
      berth.ssh(`git:load-image ${words.join(" ")}`, { input: createReadStream(saved) });
    const wrong = await load("named", "other:1");
    assert.match(wrong.stderr, /There is no image other:1 in what was loaded/);
    const loaded = await load("named", `${image}:2`);
    assert.equal(loaded.code, 0, loaded.stderr);
    assert.equal((await berth.fetch("named")).body, "loaded\n");
  });

  test("an archive is deployed from standard input or an address, and becomes the app's next commit", async () => {
    await berth.cliOk("apps:create", "packed");
    const folder = await berth.repositoryOf(nullApp("from archive"));
    await berth.gitOk(folder, "archive", "--prefix=packed-1.0/", "-o", join(folder, "..", "packed.tar.gz"), "HEAD");
    const archive = join(folder, "..", "packed.tar.gz");
    const sent = await berth.ssh("git:from-archive packed -- Bob bob@example.com", {
      input: createReadStream(archive),
    });
    assert.equal(sent.code, 0, sent.stderr);
    assert.match(sent.stdout, /Application deployed:/);
    assert.equal((await berth.fetch("packed")).body, "from archive\n");
    const clone = join(folder, "..", "clone");
    await berth.gitOk(folder, "clone", "-q", berth.remote("packed"), clone);
    assert.match(
      await berth.gitOk(clone, "log", "-1", "--format=%an %s"),
      /^Bob Deploy of an archive from standard input/,
    );

    await writeFile(join(folder, "page"), "fetched");
    await berth.commitAll(folder, "second");
    await berth.gitOk(folder, "archive", "-o", join(folder, "..", "packed.zip"), "HEAD");
    const server = createServer((request, response) => {
      if (request.url === "/moved") response.writeHead(302, { location: "/packed.zip" }).end();
      else if (request.url === "/packed.zip") createReadStream(join(folder, "..", "packed.zip")).pipe(response);
      else response.writeHead(404).end();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    try {
      await berth.sshOk(`git:from-archive packed ${address}/moved`);
      assert.equal((await berth.fetch("packed")).body, "fetched\n");
      const lost = await berth.ssh(`git:from-archive packed ${address}/none`);
      assert.match(lost.stderr, /Cannot fetch .*\/none: the server answered 404/);
    } finally {
      server.close();
    }
    assert.equal((await berth.gitOk(clone, "ls-remote", berth.remote("packed"))).split("\n").length, 3);
  });

  test("services of a compose file run on a network of their own, keep their data, and one of them gets the traffic", async () => {
    await berth.cliOk("apps:create", "composed");
    await berth.cliOk("builder:set", "composed", "selected", "compose");
    const { "server.pl": server = "" } = nullApp("");
    const folder = await berth.repositoryOf({
      "compose.yml": `
services:
  front:
    build: .
    command: [bash, /srv/front.sh]
    environment: {WHERE: "\${PLACE:-nowhere}"}
    ports: ["8000:7777"]
    depends_on: [store]
  store:
    build: .
    command: [bash, -c, "echo started >> /data/log; cat /data/log; exec sleep infinity"]
    volumes: ["kept:/data"]
volumes: {kept: }
`,
      Dockerfile: `FROM ${runImage}\nUSER root\nRUN mkdir /data\nCOPY server.pl front.sh /srv/\n`,
      "front.sh": "getent hosts store > /tmp/page; cd /tmp && exec perl /srv/server.pl",
      "server.pl": server,
    });
    const told = await berth.pushOk(folder, "composed");
    assert.match(told, /Deploying store \(count=1\)/);
    // The page is the address under which the one service knows the other: not one of the Berth network.
    assert.match((await berth.fetch("composed")).body, /^[\d.]+ +store\n\n$/);
    assert.match(await berth.sshOk("logs composed -p store"), /started/);
    assert.match(await berth.sshOk("run composed getent hosts store front"), / store\n.* front\n/);
    await berth.commitAll(folder, "again");
    await berth.pushOk(folder, "composed");
    const lines = (await berth.sshOk("logs composed -p store")).match(/started/g) ?? [];
    assert.equal(lines.length, 2, "the second release found the data of the first");

    const instance = await berth.instance();
    const left = async () => [
      await runOk("docker", [
        "volume",
        "ls",
        "-q",
        "--filter",
        `label=berth.instance=${instance}`,
        "--filter",
        "label=berth.type=data",
      ]),
      await runOk("docker", [
        "network",
        "ls",
        "-q",
        "--filter",
        `label=berth.instance=${instance}`,
        "--filter",
        "label=berth.type=app-network",
      ]),
    ];
    assert.ok((await left()).every((ids) => ids !== ""));
    await berth.cliOk("apps:destroy", "composed", "--force");
    assert.deepEqual(await left(), ["", ""]);
  });
});

import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, startBerth } from "../helpers/berth.ts";
import { runImage } from "../helpers/images.ts";
import { afterSuite } from "../helpers/suite.ts";

/** Answers with the page, as the user that its image says, on a port of the image's choice. */
function dockerApp(page: string, port: number): Record<string, string> {
  const { "server.pl": server = "" } = nullApp(page);
  const dockerfile = [
    `FROM ${runImage}`,
    "USER root",
    "WORKDIR /srv",
    "COPY . .",
    "USER 4321",
    `EXPOSE ${port}`,
    'ENTRYPOINT ["perl"]',
    'CMD ["server.pl"]',
  ];
  return { Dockerfile: dockerfile.join("\n"), "server.pl": server, page };
}

suite("Images that buildpacks did not make", () => {
  let berth: Berth;
  const cleanup = afterSuite();
  before(async () => {
    berth = await startBerth(cleanup);
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
});

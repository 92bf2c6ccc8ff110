import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { run } from "../helpers/berth.ts";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const jar = "app/target/java-spring-1.0.0.jar";

// One cache for all, and one test at a time: Java and the libraries are 60 MB to download.
suite("buildpack java", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("java-spring");
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("a Spring Boot app without a Procfile is built by Maven, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Java app detected$/m);
    assert.match(first.stdout, /^ {7}Java \d+: the newest in long-term support that the distribution has$/m);
    assert.match(first.stdout, /To choose another, write into system\.properties: java\.runtime\.version=/);
    assert.match(first.stdout, /^ {7}Maven 3\.9\.\d+: the newest 3\.9$/m);
    assert.match(first.stdout, /mvn -DskipTests clean package/);
    assert.match(
      first.result("release") ?? "",
      /web: java \$JAVA_OPTS -Dserver\.port=\$PORT -jar target\/java-spring-1/,
    );

    const { url } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
    assert.match(await (await fetch(`${url}/java`)).text(), /^\d+\S* 1\.0\.0$/);
    const picture = await fetch(`${url}/picture`);
    assert.equal(picture.status, 200);
    assert.equal(Buffer.from(await picture.arrayBuffer()).toString("latin1", 1, 4), "PNG");
  });

  test("an unchanged app is built again without any network and without Maven", async () => {
    const again = await workbench.build("java-spring", offline);
    assert.equal(again.code, 0, again.stdout);
    assert.match(again.stdout, /Unchanged since the last build: taken from the cache/);
    assert.doesNotMatch(again.stdout, /mvn |Downloading/);
    assert.equal(again.result("base"), first.result("base"));
    assert.ok((await again.files("/tmp/build/app")).includes(jar));
  });

  test("Java and the libraries of others lie in the base, of the app there are its own classes", async () => {
    const whole = await workbench.build("java-spring", { ...offline, env: { BERTH_BASE: "" } });
    const base = await whole.files("/tmp/build/base/app");
    assert.ok(base.includes("app/.berth/java/bin/java"));
    assert.ok(base.some((path) => /^app\/\.berth\/jars\/.*\/spring-web-[\d.]+\.jar$/.test(path)));
    const { stdout } = await workbench.command(whole.image, "du", "-k", "/app/target/java-spring-1.0.0.jar");
    assert.ok(Number.parseInt(stdout, 10) < 100, stdout);
    assert.deepEqual(
      (await whole.files("/tmp/build/app")).filter((path) => /^app\/\.berth\/(java|jars)\//.test(path)),
      [],
    );
  });

  test("a jar of a project with the Maven wrapper and a chosen Java runs, with no tools, and hears its stop signal", async () => {
    const built = await workbench.build("java-plain");
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Java 17: java\.runtime\.version in system\.properties/);
    assert.match(built.stdout, /Building with the Maven wrapper/);
    const { url, container } = await workbench.serve(built.image);
    assert.match(await (await fetch(url)).text(), /^plain 17\./);
    await run("docker", ["stop", "-t", "10", container]);
    assert.match((await run("docker", ["logs", container])).stdout, /java-plain got SIGTERM/);
    assert.equal((await workbench.command(built.image, "/exec", "javac", "-version")).code, 127);
  });

  test("a linked database is told to Spring and JDBC", async () => {
    const url = "postgres://me:secret@db:5432/app?sslmode=require";
    const command = ["/exec", "env", `DATABASE_URL=${url}`, "/exec", "env"];
    const { stdout } = await workbench.command(first.image, ...command);
    const jdbc = "jdbc:postgresql://db:5432/app?user=me&password=secret&sslmode=require";
    assert.ok(
      stdout.includes(`\nJDBC_DATABASE_URL=${jdbc}\n`) && stdout.includes(`SPRING_DATASOURCE_URL=${jdbc}\n`),
      stdout,
    );
    assert.match(stdout, /^SPRING_DATASOURCE_USERNAME=me$/m);
  });

  test("a version that the distribution lacks is asked of the Adoptium API, whose address can be set", async () => {
    const files = { "app.jar": "", "system.properties": "java.runtime.version = 21.0.4\n" };
    const built = await workbench.build(files, { config: { ADOPTIUM_API_URL: "http://127.0.0.1:9" } });
    assert.equal(built.code, 1);
    assert.match(built.stdout, /Java 21\.0\.4: java\.runtime\.version in system\.properties/);
    assert.match(built.stdout, / ! {5}Java 21\.0\.4 cannot be had: http:\/\/127\.0\.0\.1:9 does not offer it \(.*\)/);
  });

  for (const [what, files, expected] of [
    ["a version that is none", { "system.properties": "java.runtime.version=new\n" }, /is no version: "new"/],
    ["a pom.xml that is none", { "pom.xml": "<project" }, /Buildpack java failed with exit code 1/],
  ] as const) {
    test(`${what} fails the build with its reason`, async () => {
      const { code, stdout } = await workbench.build({ "app.jar": "", Procfile: "web: true\n", ...files }, offline);
      assert.equal(code, 1);
      assert.match(stdout, expected);
    });
  }
});

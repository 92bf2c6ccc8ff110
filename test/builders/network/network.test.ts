import assert from "node:assert/strict";
import { createHash, X509Certificate } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { suite, test } from "node:test";
import { rootCertificates } from "node:tls";
import { javaTrustStore } from "../../../src/builders/network/authorities.ts";
import { networkFiles } from "../../../src/builders/network/container-input.ts";
import { networkEnvironment } from "../../../src/builders/network/environment.ts";
import { type BuildNetwork, directNetwork } from "../../../src/builders/network/network.ts";
import { toolFiles } from "../../../src/builders/network/tool-files.ts";

suite("What builds are told of the host's network", () => {
  test("without settings there are no files, and no tool is told another address", async () => {
    assert.deepEqual(await networkFiles(directNetwork, 32767), []);
    assert.deepEqual(networkEnvironment(directNetwork), { npm_config_globalconfig: "/etc/npmrc" });
  });

  test("tools that read their environment get their mirror there", () => {
    const environment = networkEnvironment({
      ...directNetwork,
      pypiIndex: "http://mirror.test:8080/simple",
      goProxy: "https://go.test,direct",
      goSumdb: "off",
      httpsProxy: "http://proxy.test:3128",
      noProxy: ".test",
    });
    assert.equal(environment.PIP_INDEX_URL, "http://mirror.test:8080/simple");
    assert.equal(environment.UV_DEFAULT_INDEX, "http://mirror.test:8080/simple");
    assert.equal(environment.PIP_TRUSTED_HOST, "mirror.test:8080");
    assert.deepEqual([environment.GOPROXY, environment.GOSUMDB], ["https://go.test,direct", "off"]);
    assert.deepEqual(
      [environment.https_proxy, environment.HTTPS_PROXY, environment.no_proxy, environment.http_proxy],
      ["http://proxy.test:3128", "http://proxy.test:3128", ".test", undefined],
    );
  });

  test("tools that read files get their mirror where an app's own file wins", () => {
    const url = "https://mirror.test/x";
    const files = toolFiles({
      ...directNetwork,
      npmRegistry: url,
      mavenMirror: "https://mirror.test/m?a=1&b",
      cratesIndex: url,
      rubygemsMirror: url,
      packagistMirror: "http://mirror.test/p/",
      gitMirrors: [{ from: "https://github.com/", to: "https://git.test/" }],
      httpProxy: "http://user:pa%26ss@proxy.test",
      noProxy: "localhost,.test",
    });
    const at = new Map(files.map(({ path, content }) => [path, String(content)]));
    assert.equal(at.get("/etc/npmrc"), "registry=https://mirror.test/x/\n");
    assert.match(at.get("/.cargo/config.toml") ?? "", /registry = "sparse\+https:\/\/mirror\.test\/x\/"/);
    assert.match(at.get("/app/.bundle/config") ?? "", /^BUNDLE_MIRROR__HTTPS:\/\/RUBYGEMS__ORG\/: "https:.*x\/"$/m);
    assert.match(
      at.get("/etc/gitconfig") ?? "",
      /\[url "https:\/\/git\.test\/"\]\n\tinsteadOf = "https:\/\/github\.com\/"/,
    );
    assert.deepEqual(JSON.parse(at.get("/app/.config/composer/config.json") ?? "").repositories, [
      { type: "composer", url: "http://mirror.test/p" },
      { "packagist.org": false },
    ]);
    const maven = at.get("/app/.m2/settings.xml") ?? "";
    assert.match(maven, /<mirrorOf>central<\/mirrorOf><url>https:\/\/mirror\.test\/m\?a=1&amp;b<\/url>/);
    assert.match(maven, /<host>proxy\.test<\/host><port>80<\/port><username>user<\/username><password>pa&amp;ss</);
    assert.match(maven, /<nonProxyHosts>localhost\|\*\.test</);
  });

  test("Yarn, which asks no environment, has the proxies in its file, unless its registry is reached without", () => {
    const yarn = (network: Partial<BuildNetwork>): string | undefined =>
      toolFiles({ ...directNetwork, httpsProxy: "http://proxy.test:3128", ...network })
        .find(({ path }) => path === "/app/.yarnrc.yml")
        ?.content.toString();
    assert.equal(yarn({}), 'httpsProxy: "http://proxy.test:3128"\n');
    assert.equal(yarn({ noProxy: "localhost,.test" }), yarn({}));
    assert.equal(
      yarn({ npmRegistry: "http://npm.corp.test/x/", noProxy: "localhost, .test" }),
      'npmRegistryServer: "http://npm.corp.test/x"\nunsafeHttpWhitelist: ["npm.corp.test"]\n',
    );
  });

  test("folders of the home folder belong to the build, files of the system do not", async () => {
    const entries = await networkFiles(
      { ...directNetwork, npmRegistry: "https://m.test", mavenMirror: "https://m.test" },
      7,
    );
    const owners = Object.fromEntries(entries.map(({ name, uid }) => [name, uid]));
    assert.deepEqual([owners["app/.m2/"], owners["app/.gradle/init.d/"], owners["etc/npmrc"]], [7, 7, 0]);
  });

  test("the host's authorities become a trust store for Java", async () => {
    const pem = rootCertificates.slice(0, 3).join("\n");
    const folder = await mkdtemp(join(tmpdir(), "berth-ca-"));
    try {
      const caFile = join(folder, "ca.pem");
      await writeFile(caFile, pem);
      const entries = await networkFiles({ ...directNetwork, caFile }, 1);
      assert.deepEqual(
        entries.map(({ name }) => name),
        ["etc/ssl/certs/java/cacerts"],
      );
      const store = entries[0]?.content as Buffer;
      assert.deepEqual(store, javaTrustStore(pem));
      assert.deepEqual([store.readUInt32BE(0), store.readUInt32BE(4), store.readUInt32BE(8)], [0xfeedfeed, 2, 3]);
      for (const text of rootCertificates.slice(0, 3)) assert.ok(store.includes(new X509Certificate(text).raw));
      const password = Buffer.from("changeit", "utf16le").swap16();
      const digest = createHash("sha1").update(password).update("Mighty Aphrodite").update(store.subarray(0, -20));
      assert.deepEqual(store.subarray(-20), digest.digest());
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

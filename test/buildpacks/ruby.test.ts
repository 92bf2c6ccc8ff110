import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { run } from "../helpers/berth.ts";
import { type Built, Workbench } from "../helpers/builds.ts";
import { archiveOf, serveDownloads } from "../helpers/download-server.ts";
import { rackApp, vendorGems } from "../helpers/gems.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };

// One cache for all, and one test at a time: Ruby is 20 MB to download.
suite("buildpack ruby", () => {
  let workbench: Workbench;
  let app: string;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    app = await mkdtemp(join(tmpdir(), "berth-rack-"));
    cleanUp.after(() => rm(app, { recursive: true, force: true }));
    workbench = new Workbench(cleanUp);
    await cp(rackApp, app, { recursive: true });
    await vendorGems(app, workbench.name);
    first = await workbench.build(app, { config: { GREETING: "config" } });
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("a Rack app gets its vendored gems by Bundler, one with an extension in C, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Ruby app detected$/m);
    assert.match(first.stdout, /^ {7}Ruby \d+\.\d+\.\d+: the distribution's$/m);
    assert.match(first.stdout, /To choose another, write into Gemfile: ruby '/);
    assert.match(first.stdout, /bundle install --local \(vendor\/cache\), without development:test/);
    assert.match(first.result("release") ?? "", /web: bundle exec rackup config\.ru -o 0\.0\.0\.0 -p \$PORT$/m);
    const { url, container } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
    assert.match(await (await fetch(`${url}/ruby`)).text(), /^3\.\d\.\d+ production 42$/);
    await run("docker", ["stop", "-t", "10", container]);
  });

  test("assets are compiled with the config vars", async () => {
    assert.match(first.stdout, /-----> Compiling assets\n {7}rake assets:precompile\n {7}compiled with config/);
    const { stdout } = await workbench.command(first.image, "cat", "public/assets/app.css");
    assert.equal(stdout, "body { color: navy }\n");
  });

  test("an unchanged app is built again without any network, Ruby and gems apart", async () => {
    const again = await workbench.build(app, offline);
    assert.equal(again.code, 0, again.stdout);
    assert.match(again.stdout, /Unchanged since the last build: taken from the cache/);
    assert.equal(again.result("base"), first.result("base"));
    const whole = await workbench.build(app, { ...offline, env: { BERTH_BASE: "" } });
    const base = await whole.files("/tmp/build/base/app");
    assert.ok(base.some((path) => /^app\/vendor\/bundle\/ruby\/[\d.]+\/gems\/rack-2/.test(path)));
    const own = await whole.files("/tmp/build/app");
    assert.deepEqual(
      own.filter((path) => /^app\/(\.berth\/ruby|vendor\/bundle)\//.test(path)),
      [],
    );
    const { url } = await workbench.serve(again.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
  });

  test("a version that the distribution lacks is compiled from the Ruby project's sources, checked against its list", async () => {
    const folder = await workbench.folderOf({ "ruby-9.8.7/configure": fakeConfigure });
    const archive = await archiveOf(folder, "J");
    const hash = createHash("sha256").update(archive).digest("hex");
    const list = ["9.8.6", "9.8.7", "9.9.1"].map((version) =>
      entry(version, version === "9.9.1" ? "0".repeat(64) : hash),
    );
    const mirror = await serveDownloads(cleanUp, () => ({
      "/index.txt": `name\turl\tsha1\tsha256\tsha512\n${list.join("")}`,
      "/9.8/ruby-9.8.7.tar.xz": archive,
      "/9.9/ruby-9.9.1.tar.xz": archive,
    }));
    const config = { RUBY_MIRROR_URL: mirror };
    const asking = (version: string): Record<string, string> => ({
      Gemfile: `source "https://rubygems.org"\nruby "${version}"\n`,
      "Gemfile.lock": "GEM\n  specs:\n",
      Procfile: "web: ruby --version\n",
    });
    const built = await workbench.build(asking("~> 9.8.0"), { config });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Ruby 9\.8\.7: "~> 9\.8\.0" \(ruby in Gemfile\)\n-----> Compiling Ruby 9\.8\.7/);
    assert.equal((await workbench.command(built.image, "/start", "web")).stdout, "ruby 9.8.7\n");
    const again = await workbench.build(asking("9.8.7"), offline);
    assert.equal(again.code, 0, again.stdout);
    assert.doesNotMatch(again.stdout, /Compiling/);

    const wrong = await workbench.build(asking("9.9.1"), { config });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /is not what its publisher declares/);
  });

  test("a version that nobody has, no lockfile and gems that cannot be had fail the build with their reason", async () => {
    const config = { RUBY_MIRROR_URL: "http://127.0.0.1:9" };
    const Gemfile = 'source "https://rubygems.org"\nruby "1.9.9"\n';
    const missing = await workbench.build({ Gemfile, "Gemfile.lock": "" }, { config, ...offline });
    assert.equal(missing.code, 1);
    assert.match(missing.stdout, / ! {5}Ruby 1\.9\.9 cannot be had \(ruby in Gemfile\)/);

    const unlocked = await workbench.build({ Gemfile: "" }, offline);
    assert.match(unlocked.stdout, / ! {5}There is no Gemfile\.lock\n {7}Run bundle install/);
    assert.doesNotMatch(unlocked.stdout, /Choosing Ruby/);

    const unreachable = await workbench.build(
      {
        Gemfile: 'source "https://rubygems.org"\ngem "nonesuch"\n',
        "Gemfile.lock":
          "GEM\n  remote: https://rubygems.org/\n  specs:\n    nonesuch (1.0.0)\n\nPLATFORMS\n  ruby\n\nDEPENDENCIES\n  nonesuch\n",
      },
      offline,
    );
    assert.notEqual(unreachable.code, 0);
    assert.match(unreachable.stdout, /Could not reach|Could not fetch|Retrying|network/i);
  });
});

function entry(version: string, hash: string): string {
  const url = `https://cache.ruby-lang.org/pub/ruby/x/ruby-${version}.tar.xz`;
  return `ruby-${version}\t${url}\t${"0".repeat(40)}\t${hash}\t${"0".repeat(128)}\n`;
}

/** Sources whose `make install` installs a ruby that knows its version, and a bundler that is content. */
const fakeConfigure = `#!/bin/sh
cat > Makefile <<'MAKE'
all:
	true
install:
	mkdir -p $(DESTDIR)/app/.berth/ruby/usr/bin
	printf '#!/bin/sh\\necho ruby 9.8.7\\n' > $(DESTDIR)/app/.berth/ruby/usr/bin/ruby
	printf '#!/bin/sh\\nmkdir -p $$BUNDLE_PATH\\n' > $(DESTDIR)/app/.berth/ruby/usr/bin/bundle
	chmod 755 $(DESTDIR)/app/.berth/ruby/usr/bin/*
MAKE
`;

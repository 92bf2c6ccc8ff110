import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { run } from "../helpers/berth.ts";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const fixture = join(import.meta.dirname, "../fixtures/apps/php-web");

// One cache for all, and one test at a time: PHP is 30 MB to download.
suite("buildpack php", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("php-web");
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("an app without a Procfile gets its dependencies by Composer, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> PHP app detected$/m);
    assert.match(
      first.stdout,
      /^ {7}PHP 8\.\d, which the distribution has: it fits ">=8\.1" \(require\.php in composer\.json\)$/m,
    );
    assert.match(first.stdout, /-----> Serving public with nginx and PHP-FPM/);
    assert.match(first.stdout, /^ {7}Composer version \d+\.\d+\.\d+$/m);
    assert.match(first.stdout, /Installing example\/greeting/);
    assert.match(first.result("release") ?? "", /web: heroku-php-nginx public\/$/m);

    const { url, container } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
    assert.equal(await (await fetch(`${url}/no/such?x=1`)).text(), "no /no/such\n");
    assert.match(await (await fetch(`${url}/php`)).text(), /^8\.\d+\.\d+ .*\bmbstring\b.*\bpdo_pgsql\b/);
    assert.equal((await fetch(`${url}/style.css`)).headers.get("content-type"), "text/css");
    assert.equal((await fetch(`${url}/.env`)).status, 404);
    const https = await fetch(`${url}/https`, { headers: { "x-forwarded-proto": "https" } });
    assert.equal(await https.text(), "on");
    const began = Date.now();
    await run("docker", ["stop", "-t", "20", container]);
    assert.ok(Date.now() - began < 15_000, "it stops when it is told to");
  });

  test("an unchanged app is built again without any network, PHP and dependencies apart", async () => {
    const again = await workbench.build("php-web", offline);
    assert.equal(again.code, 0, again.stdout);
    assert.doesNotMatch(again.stdout, /Downloading|- Installing/);
    assert.equal(again.result("base"), first.result("base"));
    const whole = await workbench.build("php-web", { ...offline, env: { BERTH_BASE: "" } });
    const base = await whole.files("/tmp/build/base/app");
    assert.ok(base.includes("app/vendor/example/greeting/composer.json"));
    assert.deepEqual(
      (await whole.files("/tmp/build/app")).filter((path) => /^app\/(\.berth\/php|vendor\/example)\//.test(path)),
      [],
    );
    const { url } = await workbench.serve(again.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
  });

  test("an app of plain files at the top serves them, and not what is none of the site", async () => {
    const files = {
      "index.php": "<?php echo getenv('GREETING') ?: 'plain';",
      "a/b.php": "<?php echo 'b';",
      "app.json": "{}",
    };
    const built = await workbench.build(files, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /PHP 8\.\d: the distribution's\n {7}To choose another, write into composer\.json/);
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(url)).text(), "plain");
    assert.equal(await (await fetch(`${url}/a/b.php`)).text(), "b");
    for (const path of ["app.json", "missing", "missing.php"]) {
      assert.equal((await fetch(`${url}/${path}`)).status, 404, path);
    }
  });

  test("an app with rules for Apache is served by it", async () => {
    const built = await workbench.build({
      "public/index.php": "<?php echo 'apache ', $_GET['page'] ?? 'home', ' ', $_SERVER['HTTP_AUTHORIZATION'] ?? '';",
      "public/.htaccess": "RewriteEngine On\nRewriteRule ^pages/(.*)$ index.php?page=$1 [L]\nHeader set X-Rules yes\n",
    });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /-----> Serving public with apache2 and PHP-FPM/);
    const { url, container } = await workbench.serve(built.image);
    const page = await fetch(`${url}/pages/7`, { headers: { authorization: "Bearer x" } });
    assert.equal(await page.text(), "apache 7 Bearer x");
    assert.equal(page.headers.get("x-rules"), "yes");
    assert.equal((await fetch(`${url}/.htaccess`)).status, 403);
    assert.equal((await run("docker", ["stop", "-t", "20", container])).code, 0);
  });

  test("Heroku's command in a Procfile serves with the app's own rules for nginx", async () => {
    const built = await workbench.build({
      "composer.json": '{"require":{"php":"^8.0"}}',
      Procfile: "web: vendor/bin/heroku-php-nginx -C nginx.conf site/\n",
      "nginx.conf": "location / { rewrite ^/old$ /new.php last; }\n",
      "site/new.php": "<?php echo 'new';",
    });
    assert.equal(built.code, 0, built.stdout);
    assert.doesNotMatch(built.stdout, /Default types/);
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(`${url}/old`)).text(), "new");
  });

  test("constraints on PHP's version mean what they mean to Composer", async () => {
    const script = join(import.meta.dirname, "../../buildpacks/php/lib/requirements.py");
    const offered = ["8.2", "8.4", "8.3", "8.1", "7.4"];
    const expected = {
      "*": "8.2",
      "^8.1": "8.2",
      "^8.3": "8.4",
      "~8.3.0": "8.3",
      "~8.3": "8.4",
      ">=8.1 <8.2": "8.1",
      ">= 8.1, < 8.2": "8.1",
      "7.*": "7.4",
      "^7.2|^8.3": "8.4",
      "^7.2 || ^8.0": "8.2",
      "8.1 - 8.3": "8.2",
      "8.4.*": "8.4",
      "^9": "",
    };
    const found = await Promise.all(
      Object.keys(expected).map(async (range) => {
        const { stdout } = await run("python3", ["-B", script, "choose", range, ...offered]);
        return [range, stdout.trim()];
      }),
    );
    assert.deepEqual(Object.fromEntries(found), expected);
  });

  test("a version that the distribution lacks is asked of the maintainer's packages, whose address can be set", async () => {
    const files = { "composer.json": '{"require":{"php":"~7.4.0"}}', "index.php": "" };
    const built = await workbench.build(files, {
      config: { PHP_PACKAGES_KEY_URL: "http://127.0.0.1:9/key" },
      ...offline,
    });
    assert.equal(built.code, 1);
    assert.match(built.stdout, /PHP 7\.4: the newest that fits "~7\.4\.0"/);
    assert.match(built.stdout, /PHP 7\.4 cannot be had\n {7}PHP_PACKAGES_URL/);
  });

  for (const [what, manifest, expected] of [
    [
      "a version that nobody has",
      '{"require":{"php":"^9"}}',
      /No PHP fits the "php" that composer\.json requires: "\^9"/,
    ],
    [
      "a version that is none",
      '{"require":{"php":"newest"}}',
      /require\.php in composer\.json is no version: "newest"/,
    ],
    [
      "an unknown extension",
      '{"require":{"ext-nonesuch":"*"}}',
      /requires ext-nonesuch, which PHP 8\.\d has no package for/,
    ],
    ["broken JSON", '{"name": }', /composer\.json is not valid JSON: .*line 1/],
  ] as const) {
    test(`composer.json with ${what} fails the build with one clear reason`, async () => {
      const { code, stdout } = await workbench.build({ "composer.json": manifest }, offline);
      assert.equal(code, 1, stdout);
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /Traceback/);
    });
  }

  test("a lockfile that does not fit composer.json fails the build with Composer's words", async () => {
    const lock = (await readFile(join(fixture, "composer.lock"), "utf8")).replaceAll("1.0.0", "2.0.0");
    const manifest = await readFile(join(fixture, "composer.json"), "utf8");
    const { code, stdout } = await workbench.build({ "composer.json": manifest, "composer.lock": lock }, offline);
    assert.notEqual(code, 0);
    assert.match(stdout, /Required package "example\/greeting" is in the lock file as "2\.0\.0"|lock file/);
  });
});

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const listener = `import http.server, os
http.server.HTTPServer(("", int(os.environ["PORT"])), http.server.SimpleHTTPRequestHandler).serve_forever()
`;

// One cache for all, and one test at a time: the programs that install packages are tens of MB to download.
suite("buildpack python", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("python-pip");
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("an app with a requirements.txt is built, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Python app detected$/m);
    assert.match(first.stdout, /^ {7}Python 3\.\d+\.\d+, that of the image: nothing in the app asks for another$/m);
    assert.match(first.stdout, /To choose another, write its version into \.python-version/);
    assert.match(first.stdout, /^ {7} \+ flask==3\.1\.0$/m);
    assert.match(first.stdout, /Default types for python -> web/);
    const { url } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
    const ps = await workbench.command(first.image, "/exec", "sh", "-c", "head -n 1 $(command -v gunicorn)");
    assert.equal(ps.stdout, "#!/usr/bin/env python3\n");
  });

  test("an unchanged app is built again without any network, and only its own files are new", async () => {
    const again = await workbench.build("python-pip", offline);
    assert.equal(again.code, 0, again.stdout);
    assert.match(again.stdout, /Unchanged since the last build: taken from the cache/);
    assert.equal(again.result("base"), first.result("base"));
    assert.deepEqual(await again.files("/tmp/build/base"), []);
    const files = await again.files("/tmp/build/app");
    assert.deepEqual(
      files.filter((name) => name.startsWith("app/.berth/") && name !== "app/.berth/"),
      [],
    );
    const { url } = await workbench.serve(again.image);
    assert.equal((await fetch(`${url}/python`)).status, 200);
  });

  test("a file that requirements.txt includes has its say in what is installed", async () => {
    const built = await workbench.build({
      "requirements.txt": "-r more/base.txt\n",
      "more/base.txt": "itsdangerous==2.1.2\n",
      "app.py": listener,
    });
    assert.equal(built.code, 0, built.stdout);
    const changed = await workbench.build({
      "requirements.txt": "-r more/base.txt\n",
      "more/base.txt": "itsdangerous==2.2.0\n",
      "app.py": listener,
    });
    assert.match(changed.stdout, /\+ itsdangerous==2\.2\.0/);
    const { url } = await workbench.serve(changed.image);
    assert.equal((await fetch(url)).status, 200);
  });

  test("Django's static files are gathered with the app's config vars, and gunicorn serves it", async () => {
    const built = await workbench.build("python-django", { config: { SECRET_KEY: "s" } });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /-----> Collecting static files: python manage\.py collectstatic/);
    assert.equal(built.result("release"), '---\ndefault_process_types:\n  web: "gunicorn site_of_test.wsgi"\n');
    const files = await built.files("/tmp/build/app");
    assert.ok(files.includes("app/collected/page.css"));

    const failed = await workbench.build("python-django", offline);
    assert.equal(failed.code, 1);
    assert.match(failed.stdout, /KeyError: 'SECRET_KEY'/);
    assert.match(failed.stdout, /To leave this out: config:set APP DISABLE_COLLECTSTATIC=1/);
    const without = await workbench.build("python-django", { ...offline, config: { DISABLE_COLLECTSTATIC: "1" } });
    assert.equal(without.code, 0, without.stdout);
    assert.doesNotMatch(without.stdout, /Collecting/);
  });

  test("uv.lock: the locked packages without those for development, and the app's own package", async () => {
    const built = await workbench.build("python-uv");
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /that of the image: it fits ">=3\.11" \(uv\.lock\)\n {7}To choose another that fits/);
    assert.doesNotMatch(built.stdout, /iniconfig/);
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(url)).text(), "hello from uv 0.1.0\n");
    assert.equal((await workbench.command(built.image, "/exec", "hello")).stdout, "hello from a script\n");
    assert.match((await workbench.build("python-uv", offline)).stdout, /taken from the cache/);
  });

  for (const [tool, lockfile] of [
    ["poetry", "poetry.lock"],
    ["pipenv", "Pipfile.lock"],
  ] as const) {
    test(`${lockfile}: the locked packages without those for development`, async () => {
      const built = await workbench.build(`python-${tool}`);
      assert.equal(built.code, 0, built.stdout);
      assert.match(built.stdout, /\+ itsdangerous==2\.2\.0/);
      assert.doesNotMatch(built.stdout, /iniconfig/);
      const { url } = await workbench.serve(built.image);
      assert.match(await (await fetch(url)).text(), /^hello\./);
    });
  }

  test("lockfiles that do not fit what they were made of fail the build, and what to run is told", async () => {
    const pyproject = (dependency: string) =>
      `[project]\nname = "x"\nversion = "1"\nrequires-python = ">=3.11"\ndependencies = [${dependency}]\n`;
    const lock = 'version = 1\nrevision = 3\nrequires-python = ">=3.11"\n\n[[package]]\nname = "x"\nversion = "1"\n';
    const files = { "uv.lock": `${lock}source = { virtual = "." }\n` };
    const fits = await workbench.build({ ...files, "pyproject.toml": pyproject("") });
    assert.equal(fits.code, 0, fits.stdout);
    const { code, stdout } = await workbench.build({ ...files, "pyproject.toml": pyproject('"idna"') });
    assert.equal(code, 1);
    assert.match(stdout, /uv\.lock does not fit pyproject\.toml\. Run uv lock, and commit that file/);
  });

  for (const [what, files, expected] of [
    [
      "a version that is none",
      { ".python-version": "newest" },
      /\.python-version names no version of Python: "newest"/,
    ],
    [
      "a range that is none",
      { "pyproject.toml": '[project]\nrequires-python = "three"' },
      /no version range of Python: "three"/,
    ],
    ["a broken lockfile", { "uv.lock": "[" }, /uv\.lock cannot be read/],
    [
      "a package that does not exist",
      { "requirements.txt": "no-such-package-of-berth==1" },
      /no-such-package-of-berth/,
    ],
  ] as const) {
    test(`${what} fails the build with one clear reason`, async () => {
      const { code, stdout } = await workbench.build({ "requirements.txt": "", ...files });
      assert.equal(code, 1);
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /Traceback/);
    });
  }

  test("what only its own manager reads is not built without that one's lockfile", async () => {
    for (const [files, expected] of [
      [{ "pyproject.toml": '[tool.poetry.dependencies]\npython = "^3.11"\nflask = "*"\n' }, /Run poetry lock/],
      [{ Pipfile: "", "pyproject.toml": "[tool.black]\n" }, /Run pipenv lock/],
    ] as const) {
      const { code, stdout } = await workbench.build(files, offline);
      assert.equal(code, 1);
      assert.match(stdout, expected);
    }
  });

  test("a Python that neither the image has nor a mirror gives is named, with what to do", async () => {
    const { code, stdout } = await workbench.build(
      { "requirements.txt": "idna", ".python-version": "3.12" },
      { config: { UV_PYTHON_INSTALL_MIRROR: "http://127.0.0.1:9", UV_HTTP_RETRIES: "0" } },
    );
    assert.equal(code, 1);
    assert.match(stdout, /Python 3\.12 \(\.python-version\), which uv provides: that of the image is 3\./);
    assert.match(stdout, /Python 3\.12 cannot be downloaded/);
    assert.match(stdout, /UV_PYTHON_INSTALL_MIRROR/);
  });

  test("an index that cannot be reached is named", async (t) => {
    const fresh = new Workbench(t);
    const { code, stdout } = await fresh.build("python-pip", offline);
    assert.equal(code, 1);
    assert.match(stdout, /The package index cannot be reached \(http/);
    assert.match(stdout, /PIP_INDEX_URL/);
  });

  test("a package with an extension in C is compiled", async () => {
    const built = await workbench.build({
      "requirements.txt": "--no-binary markupsafe\nmarkupsafe==3.0.2\n",
      "server.py": `import markupsafe._speedups\n${listener}`,
    });
    assert.equal(built.code, 0, built.stdout);
    const { url } = await workbench.serve(built.image);
    assert.equal((await fetch(url)).status, 200);
  });
});

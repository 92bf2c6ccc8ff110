import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { loadSettings } from "../../src/config/load.ts";
import { UserError } from "../../src/model/errors.ts";

let root: string;
let count = 0;
before(async () => {
  root = await mkdtemp(join(tmpdir(), "berth-config-"));
});
after(() => rm(root, { recursive: true, force: true }));

async function file(text: string): Promise<string> {
  const path = join(root, `${++count}.yml`);
  await writeFile(path, text);
  return path;
}

async function fails(words: readonly string[], environment: NodeJS.ProcessEnv = {}): Promise<UserError> {
  const error = await loadSettings(words, environment).then(
    () => assert.fail("was accepted"),
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof UserError, String(error));
  return error;
}

describe("loading settings", () => {
  test("without anything, everything has its default", async () => {
    const settings = await loadSettings(["--root", root], {});
    assert.equal(settings.root, root);
    assert.equal(settings.sshPort, 2222);
    assert.equal(settings.healthTimeout, 60_000);
    assert.equal(settings.domain, undefined);
    assert.equal(settings.logFormat, "auto");
    assert.ok(settings.routerWorkers >= 1);
  });

  test("a flag wins over the environment, the environment over the file, the file over the default", async () => {
    const path = await file("ssh-port: 1\nhttp-port: 2\nhttps-port: 3\n");
    const settings = await loadSettings(["--config", path, "--ssh-port", "11"], {
      BERTH_ROOT: root,
      BERTH_SSH_PORT: "21",
      BERTH_HTTP_PORT: "22",
    });
    assert.deepEqual([settings.sshPort, settings.httpPort, settings.httpsPort], [11, 22, 3]);
  });

  test("berth.yml in the root is read where it exists", async () => {
    await writeFile(join(root, "berth.yml"), "domain: Apps.Example.com\n");
    try {
      assert.equal((await loadSettings([`--root=${root}`], {})).domain, "apps.example.com");
      assert.equal((await loadSettings([], { BERTH_ROOT: root })).domain, "apps.example.com");
    } finally {
      await rm(join(root, "berth.yml"));
    }
  });

  test("durations are written with a unit or as seconds", async () => {
    const path = await file("health-timeout: 90\ndrain-timeout: 2m\nbuild-timeout: 1h\nstop-timeout: 500ms\n");
    const settings = await loadSettings(["--root", root, "--config", path], {});
    assert.deepEqual(
      [settings.healthTimeout, settings.drainTimeout, settings.buildTimeout, settings.stopTimeout],
      [90_000, 120_000, 3_600_000, 500],
    );
  });

  test("an empty file, and one of comments only, change nothing", async () => {
    for (const text of ["", "# nothing\n", "---\n"]) {
      const path = await file(text);
      assert.equal((await loadSettings(["--root", root, "--config", path], {})).sshPort, 2222);
    }
  });

  test("a wrong value in the file names file, line, key, value and what is allowed", async () => {
    const path = await file("domain: example.com\nssh-port: 70000\n");
    const error = await fails(["--root", root, "--config", path]);
    assert.equal(
      error.message,
      `ssh-port in ${path}, line 2 is '70000': allowed is a port number from 0 to 65535 (0: any free port)`,
    );
  });

  test("a misspelt key names file and line, and suggests the right one", async () => {
    const path = await file("\nhtp-port: 80\n");
    const error = await fails(["--root", root, "--config", path]);
    assert.equal(error.message, `htp-port in ${path}, line 2 is not a setting`);
    assert.equal(error.hint, "Did you mean http-port?");
  });

  test("a key like no other lists what there is", async () => {
    const path = await file("colour: blue\n");
    assert.match((await fails(["--root", root, "--config", path])).hint ?? "", /^Settings are: root, config, domain/);
  });

  for (const [what, text, message] of [
    ["broken YAML", "a: [\n", /^Not valid YAML in .*\.yml, line 2: /],
    ["a key given twice", "ssh-port: 1\nssh-port: 2\n", /^Not valid YAML in .*, line 2: Map keys must be unique/],
    ["a list instead of keys", "- a\n", /^Expected lines such as 'ssh-port: 2222' in .*, line 1$/],
    ["a list for a value", "ssh-port: [1, 2]\n", /^ssh-port in .*, line 1 needs one value: a port number/],
    ["no value", "domain:\n", /^domain in .*, line 1 needs one value: a domain name/],
    ["a number in another notation", "ssh-port: 0x16\n", /is '0x16': allowed is a port number/],
    ["the root", "root: /tmp\n", /^root cannot be set in .*, line 1$/],
    ["a domain that is an address", "domain: 10.0.0.1\n", /is '10\.0\.0\.1': allowed is a domain name/],
    ["a branch that git would refuse", "deploy-branch: a..b\n", /is 'a\.\.b': allowed is a branch name/],
    ["a relative path", "docker-socket: docker.sock\n", /is 'docker\.sock': allowed is an absolute path/],
  ] as const) {
    test(`${what} in the file is refused`, async () => {
      const path = await file(text);
      assert.match((await fails(["--root", root, "--config", path])).message, message);
    });
  }

  test("a file that was named must exist", async () => {
    const error = await fails(["--root", root, "--config", join(root, "none.yml")]);
    assert.equal(error.message, `Cannot read the configuration file ${join(root, "none.yml")}: it does not exist`);
  });

  test("a wrong value in the environment names the variable", async () => {
    const error = await fails([], { BERTH_ROOT: root, BERTH_LOG_LEVEL: "loud" });
    assert.equal(
      error.message,
      "log-level in the environment (BERTH_LOG_LEVEL) is 'loud': allowed is one of trace, debug, info, warn, error, fatal, silent",
    );
  });

  test("a misspelt variable is refused, one of another program is not ours", async () => {
    assert.equal((await fails([], { BERTH_ROOT: root, BERTH_SSH_PROT: "1" })).hint, "Did you mean BERTH_SSH_PORT?");
    await loadSettings([], { BERTH_ROOT: root, BERTH_TEST_SOMETHING_ELSE: "1", BERTH_SSH_PORT: "" });
  });

  test("a wrong flag is refused with exit code 2 for what is not a flag at all", async () => {
    assert.equal((await fails(["--ssh-prot", "1"])).hint, "Did you mean --ssh-port?");
    assert.equal(
      (await fails(["--ssh-port"])).message,
      "--ssh-port needs a value: a port number from 0 to 65535 (0: any free port)",
    );
    const error = await fails(["something"]);
    assert.deepEqual([error.message, error.exitCode], ["Unexpected argument: something", 2]);
  });
});

describe("settings of closed networks", () => {
  test("what the environment tells every program counts where Berth is told nothing else", async () => {
    const environment = { HTTPS_PROXY: "proxy.test:3128", GOPROXY: "https://go.test|direct", no_proxy: "a, .b" };
    const settings = await loadSettings(["--root", root, "--go-proxy", "off"], environment);
    assert.deepEqual(
      [settings.httpsProxy, settings.httpProxy, settings.goProxy, settings.noProxy],
      ["http://proxy.test:3128", undefined, "off", "a,.b"],
    );
  });

  test("addresses are checked, with the place where they stand", async () => {
    assert.match(
      (await fails([], { PIP_INDEX_URL: "pypi" })).message,
      /^pypi-index in the environment \(PIP_INDEX_URL\)/,
    );
    for (const value of ["ftp://x/", 'https://x/"', "https://x/ y", "https://", "x"]) {
      assert.match((await fails(["--npm-registry", value])).message, /is '/);
    }
    assert.match((await fails(["--git-mirrors", "https://a"])).message, /allowed is pairs such as/);
    const { gitMirrors } = await loadSettings(["--git-mirrors", "https://a/=https://b/?x=1 git@c:=ssh://d/"], {});
    assert.deepEqual(gitMirrors, [
      { from: "https://a/", to: "https://b/?x=1" },
      { from: "git@c:", to: "ssh://d/" },
    ]);
  });

  for (const [flags, expected] of [
    ["--http-port 8080 --https-port 8080", "http-port and https-port are both 8080"],
    ["--http-port 2222", "ssh-port and http-port are both 2222"],
    ["--ssh-port 443", "ssh-port and https-port are both 443"],
    ["--ssh-host 127.0.0.1 --ssh-port 80", "ssh-port and http-port are both 80"],
    ["--ssh-host 127.0.0.1 --http-host :: --ssh-port 80", "ssh-port and http-port are both 80"],
    ["--metrics-port 80", "http-port and metrics-port are both 80"],
    ["--http-host 127.0.0.1 --metrics-port 443", "https-port and metrics-port are both 443"],
  ] as const) {
    test(`refuses ${flags}`, async () => {
      const error = await fails(["--root", root, ...flags.split(" ")]);
      assert.equal(error.code, "port-conflict");
      assert.equal(error.message, expected);
      assert.match(error.hint ?? "", /^Each needs a port of its own/);
    });
  }

  for (const flags of [
    "--ssh-port 0 --http-port 0 --https-port 0 --metrics-port 0",
    "--ssh-host 127.0.0.1 --http-host 127.0.0.2 --ssh-port 80",
    "--http-host 192.0.2.7 --metrics-port 80",
  ]) {
    test(`takes ${flags}`, async () => {
      await loadSettings(["--root", root, ...flags.split(" ")], {});
    });
  }
});

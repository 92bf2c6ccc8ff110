import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { type Result, run, runOk } from "../helpers/berth.ts";

const scripts = join(import.meta.dirname, "../../scripts");
let folder: string;

before(async () => {
  folder = await mkdtemp(join(tmpdir(), "berth-scripts-"));
});
after(() => rm(folder, { recursive: true, force: true }));

/** Runs lines of bash behind the setup that every script begins with. */
function bash(script: string, ...args: string[]): Promise<Result> {
  return withEnvironment({}, script, ...args);
}

function withEnvironment(env: Record<string, string>, script: string, ...args: string[]): Promise<Result> {
  const all = `. "${scripts}/lib/setup.sh"; ${script}`;
  return run("bash", ["-c", all, "scripts/some.sh", ...args], { env: { HOME: folder, ...env } });
}

describe("options of the scripts", () => {
  test("takes --flag=value as two words, and leaves the rest as it is", async () => {
    const words = ["--domain=a.test", "--key", "x=y", "--uninstall", "--=x", "--root=/a=b"];
    // biome-ignore lint/suspicious/noTemplateCurlyInString: bash's
    const { stdout } = await bash('split_flags "$@"; printf "%s\\n" "${words[@]}"', ...words);
    assert.equal(stdout, "--domain\na.test\n--key\nx=y\n--uninstall\n--=x\n--root\n/a=b\n");
  });

  for (const script of ["install.sh", "quickstart.sh", "test.sh", "bench.sh", "images.sh"]) {
    test(`${script} names an unknown option`, async () => {
      const { code, stderr } = await run(join(scripts, script), ["--unknown=1"]);
      assert.notEqual(code, 0);
      assert.match(stderr, /^ ! {5}(Unknown option|One option at most|Unknown argument): --unknown/);
    });
  }
});

describe("root and sudo", () => {
  const sudo = "sudo() { :; };";
  for (const [who, script, expected] of [
    ["root", "unset SUDO_USER; sudo_word", ""],
    ["root where sudo is installed", `unset SUDO_USER; ${sudo} sudo_word`, ""],
    ["somebody who came with sudo", `SUDO_USER=ann; ${sudo} sudo_word`, "sudo "],
    ["root who came with sudo", `SUDO_USER=root; ${sudo} sudo_word`, ""],
    ["somebody else", `unset SUDO_USER; id() { echo 1000; }; ${sudo} sudo_word`, "sudo "],
    ["somebody else where there is no sudo", "unset SUDO_USER; id() { echo 1000; }; have() { false; }; sudo_word", ""],
  ] as const) {
    test(`hints for ${who} begin with '${expected}'`, async () => {
      assert.equal((await bash(script)).stdout, expected === "" ? "" : `${expected}\n`);
    });
  }

  test("starts a script again with sudo, with its words and the caller's settings", async () => {
    const sudoers = join(folder, "sudo");
    await writeFile(sudoers, '#!/bin/sh\nprintf "<%s>" "$@"\n');
    await chmod(sudoers, 0o755);
    const env = { PATH: `${folder}:${process.env.PATH}`, https_proxy: "http://proxy.test", BERTH_RUN_IMAGE: "x:1" };
    const { stdout } = await withEnvironment(env, 'id() { echo 1000; }; need_root "$@"', "--key", "a b");
    assert.match(stdout, /<--preserve-env=[^>]*https_proxy[^>]*><--><scripts\/some\.sh><--key><a b>$/);
    assert.match(stdout, /<--preserve-env=[^>]*BERTH_RUN_IMAGE/);
  });

  test("says how to become root where there is no sudo", async () => {
    const { code, stderr } = await bash('id() { echo 1000; }; have() { false; }; need_root "$@"', "--once");
    assert.equal(code, 1);
    assert.match(stderr, /This needs root.*\n.*Become root with su, then run: scripts\/some\.sh --once/);
  });
});

describe("the npm registry of the machine", () => {
  const withoutNpm = 'have() { [ "$1" != npm ] && command -v "$1" >/dev/null; }; global_npmrc() { :; };';
  const files = 'npmrc_files() { printf \'%s\\n\' "$HOME/.npmrc" "$HOME/machine"; };';

  for (const [what, user, machine, env, expected] of [
    ["nothing", "", "", {}, "https://registry.npmjs.org/"],
    ["files without one", "fund=false\n", "audit=false\n", {}, "https://registry.npmjs.org/"],
    ["the machine", "", "registry=http://machine.test/npm\n", {}, "http://machine.test/npm/"],
    ["the user", ' registry = "http://user.test/"\n', "registry=http://machine.test\n", {}, "http://user.test/"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: npm's
    ["a variable in a file", "registry=https://${WHERE}/npm\n", "", { WHERE: "v.test" }, "https://v.test/npm/"],
    ["the environment", "registry=http://user.test\n", "", { NPM_CONFIG_REGISTRY: "http://e.test" }, "http://e.test/"],
  ] as const) {
    test(`is what ${what} says`, async () => {
      await writeFile(join(folder, ".npmrc"), user);
      await writeFile(join(folder, "machine"), machine);
      assert.equal((await withEnvironment(env, `${withoutNpm} ${files} npm_registry`)).stdout, `${expected}\n`);
    });
  }

  for (const [said, expected] of [
    ["https://registry.npmjs.org/", "public"],
    ["https://registry.npmjs.org", "public"],
    ["undefined", "public"],
    ["http://npm.test/x", "http://npm.test/x/"],
  ] as const) {
    test(`is ${expected} if an installed npm says ${said}`, async () => {
      await writeFile(join(folder, ".npmrc"), "");
      const npm = `have() { true; }; npm() { echo '${said}'; }; ${files}`;
      const compare = 'url=$(npm_registry); [ "$url" != "$public_npm_registry" ] || url=public; echo "$url"';
      assert.equal((await bash(`${npm} ${compare}`)).stdout, `${expected}\n`);
    });
  }

  test("gets a package with its token, and refuses one of another content", async (t) => {
    const content = Buffer.from("the package");
    const integrity = `sha512-${createHash("sha512").update(content).digest("base64")}`;
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push([request.url, request.headers.authorization]);
      response.writeHead(request.url === "/npm/thing/-/thing-1.2.3.tgz" ? 200 : 404).end(content);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    t.after(() => server.close());
    const place = `//127.0.0.1:${(server.address() as AddressInfo).port}/npm/`;
    await writeFile(join(folder, ".npmrc"), `registry=http:${place}\n${place}:_authToken=secret\n`);
    const fetching = `${withoutNpm} ${files} fetch_package thing "$1" "$2" "$HOME/archive" && cat "$HOME/archive"`;

    assert.match((await bash(fetching, "1.2.3", integrity)).stdout, /the package$/);
    assert.deepEqual(seen, [["/npm/thing/-/thing-1.2.3.tgz", "Bearer secret"]]);
    const wrong = await bash(fetching, "1.2.3", `sha512-${Buffer.alloc(64).toString("base64")}`);
    assert.notEqual(wrong.code, 0);
    assert.match(wrong.stdout, /thing 1\.2\.3 has another sha512 than sha512-AAAA/);
    await runOk("test", ["!", "-e", join(folder, "archive")]);
    const missing = await bash(fetching, "9.9.9", integrity);
    assert.notEqual(missing.code, 0);
    assert.match(missing.stdout, /thing 9\.9\.9 cannot be downloaded from the npm registry/);
  });

  test("is not named by the lockfile, but Node and its sha512 are", async () => {
    const { stdout } = await bash('for f in version integrity; do locked "$checkout" "$(node_package)" $f; done');
    assert.match(stdout, /^26\.\d+\.\d+\nsha512-[A-Za-z0-9+/]{86}==\n$/);
  });
});

describe("keys given to the installer", () => {
  const fault = `. "${scripts}/lib/install/keys.sh"; key_fault "$(cat "$1")"`;

  for (const [type, bits, expected] of [
    ["ed25519", "", ""],
    ["ecdsa", "521", ""],
    ["rsa", "3072", ""],
    ["rsa", "1024", "an RSA key needs 2048 bits or more"],
  ] as const) {
    test(`${expected === "" ? "takes" : "refuses"} ${type} ${bits}`, async () => {
      const file = join(folder, `${type}${bits}`);
      await runOk("ssh-keygen", ["-q", "-t", type, ...(bits === "" ? [] : ["-b", bits]), "-N", "", "-f", file]);
      assert.equal((await bash(fault, `${file}.pub`)).stdout.trim(), expected);
    });
  }

  for (const [what, line, expected] of [
    ["text", "hello world", "'hello' is no type of key that Berth takes"],
    ["DSA", "ssh-dss AAAAB3NzaC1kc3MAAACBAP", "'ssh-dss' is no type of key that Berth takes"],
    ["options before the key", 'command="x" ssh-ed25519 AAAA', `'command="x"' is no type of key that Berth takes`],
    ["no data", "ssh-ed25519", "its data is damaged or cut off"],
    ["data that is cut off", "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJ", "its data is damaged or cut off"],
    ["data of another type", "ssh-rsa AAAAC3NzaC1lZDI1NTE5AAAAAUE=", "its data is damaged or cut off"],
  ] as const) {
    test(`refuses ${what}`, async () => {
      const file = join(folder, "key.pub");
      await writeFile(file, line);
      assert.equal((await bash(fault, file)).stdout, `${expected}\n`);
    });
  }
});

test("a heartbeat shows the last words of a log, of a progress bar the last state", async () => {
  for (const [log, expected] of [
    ["", ""],
    ["one\ntwo\n\n", "two"],
    ["-----> Building berth/run:1\n       Unpacking package 11: nginx\n", "Unpacking package 11: nginx"],
    ["Downloading\n#   10.0%\r##   20.0%\r\n", "##   20.0%"],
  ] as const) {
    await writeFile(join(folder, "log"), log);
    assert.equal((await bash('last_words "$1" || true', join(folder, "log"))).stdout.trim(), expected);
  }
});

test("an installation of node_modules that is interrupted leaves the old ones and nothing else", async () => {
  const place = join(folder, "place");
  await mkdir(join(place, "node_modules"), { recursive: true });
  const interrupted = 'fetch_node() { touch "$2/half"; kill -TERM $$; sleep 0.1; }; npm_ci "$1" runtime';
  const { code } = await bash(interrupted, place);
  assert.equal(code, 143);
  assert.deepEqual(await readdir(place), ["node_modules"]);
});

import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { arch } from "node:os";
import { join } from "node:path";
import { before, suite, test } from "node:test";
import { type Built, Workbench } from "../helpers/builds.ts";
import { archiveOf, serveDownloads } from "../helpers/download-server.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const fixture = join(import.meta.dirname, "../fixtures/apps/rust-web");

// One cache for all, and one test at a time: the compiler is 110 MB to download.
suite("buildpack rust", () => {
  let workbench: Workbench;
  let first: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    first = await workbench.build("rust-web");
    assert.equal(first.code, 0, first.stdout + first.stderr);
  });

  test("an app without a Procfile is built by Cargo, says what was chosen and why, and serves", async () => {
    assert.match(first.stdout, /^-----> Rust app detected$/m);
    assert.match(first.stdout, /^ {7}Rust 1\.\d+\.\d+: the newest that the distribution has$/m);
    assert.match(first.stdout, /To choose another, write into rust-toolchain\.toml/);
    assert.match(first.stdout, /cargo build --release --locked/);
    assert.match(first.result("release") ?? "", /web: target\/release\/rust-web$/m);
    const { url } = await workbench.serve(first.image);
    assert.equal(await (await fetch(url)).text(), "version one\n");
  });

  test("the image has the program and nothing of Rust", async () => {
    assert.equal(first.result("base"), undefined);
    assert.equal((await workbench.command(first.image, "/exec", "cargo", "--version")).code, 127);
    const { stdout } = await workbench.command(first.image, "sh", "-c", "du -sk /app; find /app/target -type f");
    assert.ok(Number.parseInt(stdout, 10) < 2000, stdout);
    assert.match(stdout, /\n\/app\/target\/release\/rust-web\n$/);
  });

  test("an unchanged app is built again without any network, and compiles nothing", async () => {
    const again = await workbench.build("rust-web", offline);
    assert.equal(again.code, 0, again.stdout);
    assert.doesNotMatch(again.stdout, /Compiling|Downloading/);
  });

  test("a changed line compiles the app alone, be its time older than the last build", async () => {
    const files = await sources();
    files["src/main.rs"] = files["src/main.rs"]?.replace("version one", "version two") ?? "";
    const built = await workbench.build(files, offline);
    assert.equal(built.code, 0, built.stdout);
    assert.deepEqual(built.stdout.match(/Compiling \S+/g), ["Compiling rust-web"]);
    const { url } = await workbench.serve(built.image);
    assert.equal(await (await fetch(url)).text(), "version two\n");

    const back = await workbench.build("rust-web", offline);
    const served = await workbench.serve(back.image);
    assert.equal(await (await fetch(served.url)).text(), "version one\n");
  });

  test("a compiler's error fails the build with its words", async () => {
    const files = { ...(await sources()), "src/main.rs": "fn main() { missing(); }\n" };
    const { code, stdout } = await workbench.build(files, offline);
    assert.equal(code, 101);
    assert.match(stdout, /error\[E0425\]: cannot find function `missing`/);
    assert.match(stdout, /Buildpack rust failed with exit code 101/);
  });

  test("a version that the distribution lacks is fetched from the Rust project, checked and used", async (t) => {
    const folder = await workbench.folderOf({
      "rust/rustc/bin/rustc": "#!/bin/sh\necho rustc 9.9.9\n",
      "rust/rustc/bin/cargo": `#!/bin/sh
printf '#!/bin/sh\\necho made by 9.9.9\\n' > /tmp/program && chmod 755 /tmp/program
echo '{"reason":"compiler-artifact","executable":"/tmp/program","target":{"kind":["bin"],"name":"nine"}}'\n`,
    });
    const archive = await archiveOf(folder, "J");
    const mirror = await serveDownloads(t, () => ({
      "/dist/channel-rust-9.9.9.toml": channel(createHash("sha256").update(archive).digest("hex")),
      "/dist/channel-rust-9.9.8.toml": channel("0".repeat(64)),
      "/dist/rust.tar.xz": archive,
    }));
    const app = (version: string): Record<string, string> => ({
      "Cargo.toml": '[package]\nname = "nine"\n',
      "Cargo.lock": "",
      "rust-toolchain.toml": `[toolchain]\nchannel = "${version}"\ncomponents = ["clippy"]\n`,
    });
    const fresh = new Workbench(t);
    const built = await fresh.build(app("9.9.9"), { config: { RUSTUP_DIST_SERVER: mirror } });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Rust 9\.9\.9: rust-toolchain\.toml\n-----> Downloading Rust 9\.9\.9/);
    assert.equal((await fresh.command(built.image, "target/release/nine")).stdout, "made by 9.9.9\n");
    const again = await fresh.build(app("9.9.9"), offline);
    assert.equal(again.code, 0, again.stdout);

    const wrong = await fresh.build(app("9.9.8"), { config: { RUSTUP_DIST_SERVER: mirror } });
    assert.equal(wrong.code, 1);
    assert.match(wrong.stdout, /is not what its publisher declares/);
    assert.match(wrong.stdout, / ! {5}Rust 9\.9\.8 cannot be had\n {7}The distribution has 1\./);
  });

  test("where the Rust project does not answer, stable is the distribution's", async () => {
    const files = { ...(await sources()), "rust-toolchain": "stable\n" };
    const built = await workbench.build(files, { config: { RUSTUP_DIST_SERVER: "http://127.0.0.1:9" }, ...offline });
    assert.equal(built.code, 0, built.stdout);
    assert.match(built.stdout, /Cannot download http:\/\/127\.0\.0\.1:9/);
    assert.match(built.stdout, /Rust 1\.\d+\.\d+ of the distribution instead/);
  });

  for (const [what, files, expected] of [
    ["a channel that is none", { "rust-toolchain": "newest" }, /rust-toolchain names no channel: "newest"/],
    ["broken TOML", { "Cargo.toml": "[package" }, /Cargo\.toml is not valid TOML/],
  ] as const) {
    test(`${what} fails the build with its reason`, async () => {
      const { code, stdout } = await workbench.build({ "Cargo.toml": "", ...files }, offline);
      assert.equal(code, 1);
      assert.match(stdout, expected);
      assert.doesNotMatch(stdout, /Traceback/);
    });
  }
});

async function sources(): Promise<Record<string, string>> {
  const names = ["Cargo.toml", "Cargo.lock", "src/main.rs"];
  return Object.fromEntries(
    await Promise.all(names.map(async (name) => [name, await readFile(join(fixture, name), "utf8")])),
  );
}

/** A channel's manifest whose components all are one archive. */
function channel(hash: string): string {
  const host = `${arch() === "arm64" ? "aarch64" : "x86_64"}-unknown-linux-gnu`;
  const entry = `xz_url = "https://static.rust-lang.org/dist/rust.tar.xz"\nxz_hash = "${hash}"\n`;
  return ["rustc", "cargo", "rust-std"].map((name) => `[pkg.${name}.target.${host}]\n${entry}`).join("");
}

import assert from "node:assert/strict";
import { before, suite, test } from "node:test";
import { type Built, Workbench } from "../helpers/builds.ts";
import { afterSuite } from "../helpers/suite.ts";

const offline = { network: "none" };
const files = {
  Aptfile: "# the tool\njq\n\ntree # and another\n",
  Procfile: "web: tree -a .profile.d | jq -Rs . > index.html && exec python3 -m http.server $PORT\n",
};

suite("buildpack apt", () => {
  let workbench: Workbench;
  let built: Built;
  const cleanUp = afterSuite();

  before(async () => {
    workbench = new Workbench(cleanUp);
    built = await workbench.build(files);
    assert.equal(built.code, 0, built.stdout);
  });

  test("an Aptfile's packages are there beside whatever else the app is, and are told with their versions", async () => {
    assert.match(built.stdout, /-----> null app detected\n-----> Apt app detected\n-----> Installing the packages/);
    assert.match(built.stdout, /^ {7}Packages: jq tree$/m);
    assert.match(built.stdout, /^ {7}jq \d\S+$/m);
    assert.equal(built.result("buildpack"), "apt,null");
    const { url } = await workbench.serve(built.image);
    assert.match(await (await fetch(url)).text(), /000_apt\.sh/);
  });

  test("an unchanged Aptfile needs no network, and nothing of it is in the app's own layer", async () => {
    const again = await workbench.build(files, offline);
    assert.equal(again.code, 0, again.stdout);
    assert.equal(again.result("base"), built.result("base"));
    assert.deepEqual(
      (await again.files("/tmp/build/app")).filter((name) => name.startsWith("app/.apt")),
      [],
    );
  });

  for (const [what, Aptfile, expected] of [
    [
      "a package that does not exist",
      "no-such-package-of-berth",
      /These packages cannot be had: no-such-package-of-berth/,
    ],
    ["an option", "-o Dpkg::Pre-Invoke::=id", /This is no package: -o Dpkg/],
    ["a line that is no repository", ":repo:http://127.0.0.1", /This is no repository: http:\/\/127\.0\.0\.1/],
    ["an archive that cannot be had", "http://127.0.0.1:9/x.deb", /Cannot download http:\/\/127\.0\.0\.1:9\/x\.deb/],
  ] as const) {
    test(`${what} fails the build with one clear reason`, async () => {
      const { code, stdout } = await workbench.build({ ...files, Aptfile });
      assert.equal(code, 1, stdout);
      assert.match(stdout, expected);
    });
  }
});

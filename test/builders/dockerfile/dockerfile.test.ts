import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { buildArgs, webPort } from "../../../src/builders/dockerfile/build-one.ts";
import { parseDockerfile, withoutSyntax } from "../../../src/builders/dockerfile/dockerfile.ts";
import { parseBuildOptions } from "../../../src/model/build-options.ts";

suite("What a Dockerfile says", () => {
  test("names of build args in every stage, with defaults, several in a line, over continued lines", () => {
    const { args } = parseDockerfile(
      "ARG BASE=debian\nFROM $BASE\n# ARG NO\narg A B=1 C\nRUN x \\\n  ARG NOT\nARG D=\\\n  5\nRUN ARG=1\n",
    );
    assert.deepEqual([...args], ["BASE", "A", "B", "C", "D"]);
  });

  test("ports of the last stage come first, then those of the stages it is made from; udp is none", () => {
    const file = parseDockerfile(
      "FROM a AS base\nEXPOSE 9000\nFROM x as other\nEXPOSE 1\nFROM Base\nEXPOSE 53/udp 8080/tcp $PORT\nexpose 3000-3005\n",
    );
    assert.deepEqual(file.exposed(undefined), [8080, 3000, 9000]);
    assert.deepEqual(file.exposed("other"), [1]);
    assert.deepEqual(file.exposed("0"), [9000]);
    assert.deepEqual(parseDockerfile("").exposed(undefined), []);
    assert.deepEqual(parseDockerfile("FROM a AS a\nEXPOSE 1").exposed(undefined), [1]);
  });

  test("lines of a heredoc are no instructions", () => {
    const file = parseDockerfile(
      "FROM a\nEXPOSE 3000\nRUN <<-'EOF' python3 && cat <<END\nfrom os import path\n\tEOF\nARG no\nEND\nRUN echo $((1<<B)) 1<<2\nARG YES\n",
    );
    assert.deepEqual(file.exposed(undefined), [3000]);
    assert.deepEqual([...file.args], ["YES"]);
  });

  test("the web port is the first that the file names and the image has, else the image's lowest", () => {
    assert.equal(webPort([8080, 80], ["80/tcp", "8080/tcp"]), 8080);
    assert.equal(webPort([], ["8443/tcp", "80/tcp", "53/udp"]), 80);
    assert.equal(webPort([1234], ["80/tcp"]), 80);
    assert.equal(webPort([], ["53/udp"]), undefined);
  });

  test("its syntax image is known, and can be left out without moving a line", () => {
    const text = "# escape=`\n# syntax = docker/dockerfile:1.7\nFROM a\n# syntax=no\n";
    assert.equal(parseDockerfile(text).syntax, "docker/dockerfile:1.7");
    assert.equal(parseDockerfile(withoutSyntax(text)).syntax, undefined);
    assert.equal(withoutSyntax(text).split("\n").length, text.split("\n").length);
    assert.equal(parseDockerfile("FROM a\n# syntax=x").syntax, undefined);
    const blanks = " ".repeat(500_000);
    assert.equal(parseDockerfile(`# syntax=${blanks}x${blanks}\nFROM a`).syntax, "x");
  });

  test("config vars become build args only where an ARG asks for them", () => {
    const options = parseBuildOptions(["--build-arg GIVEN=a=b", "--build-arg=FROM_CONFIG", "--build-arg ABSENT"]);
    const config = { WANTED: "1", SECRET: "x", FROM_CONFIG: "2" };
    const args = new Set(["WANTED", "OTHER", "GIT_REV"]);
    assert.deepEqual(buildArgs({ args }, options, { config, commit: "c1" }), {
      GIT_REV: "c1",
      WANTED: "1",
      GIVEN: "a=b",
      FROM_CONFIG: "2",
    });
  });
});

suite("Options of image builds", () => {
  test("are those of docker build that concern the image alone", () => {
    const options = parseBuildOptions([
      "--target build",
      "--platform=linux/arm64",
      "--secret id=npm,env=NPM_TOKEN",
      "--build-arg 'A=x y'",
      "--no-cache",
      "--pull",
    ]);
    assert.deepEqual(
      [options.target, options.platform, options.noCache, options.pull],
      ["build", "linux/arm64", true, true],
    );
    assert.deepEqual([...options.secrets], [["npm", "NPM_TOKEN"]]);
    assert.deepEqual([...options.args], [["A", "x y"]]);
  });

  for (const text of [
    "--network host",
    "--secret id=x,src=/etc/shadow",
    "--add-host a:1.2.3.4",
    "-v /:/host",
    "--target",
    "--target a b",
    "--build-arg",
    "--build-arg 'open",
    "",
  ]) {
    test(`do not take ${text || "nothing"}`, () => {
      assert.throws(() => parseBuildOptions([text]), { code: "invalid-option" });
    });
  }
});

import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { test } from "node:test";
import { startGitHost } from "../helpers/git-host.ts";

const megabyte = 1024 * 1024;

test("a push of 200 MB, with keys renewed on the way, takes the daemon little memory", async () => {
  await using host = await startGitHost();
  const project = await host.project();
  const file = await open(join(project.folder, "large"), "w");
  for (let written = 0; written < 200; written++) await file.write(randomBytes(megabyte));
  await file.close();
  await project.must("config", "core.compression", "0");
  await project.must("config", "pack.window", "0");
  await project.commit({});

  let size = 0;
  host.operations.script = async ({ source }) => {
    for await (const chunk of (await source.tar()) as AsyncIterable<Buffer>) size += chunk.length;
  };
  const baseline = process.memoryUsage().rss;
  let largest = 0;
  const watch = setInterval(() => {
    largest = Math.max(largest, process.memoryUsage().rss);
  }, 20);
  const options = ["-i", host.ssh.keyFile, "-o", "RekeyLimit=32M"];
  const { code, stderr } = await project.git(["push", host.url("large"), "main"], {
    env: { GIT_SSH_COMMAND: ["ssh", ...host.ssh.sshOptions(options)].join(" ") },
    timeoutMs: 120_000,
  });
  clearInterval(watch);
  assert.equal(code, 0, stderr);
  assert.ok(size > 200 * megabyte);
  assert.ok(largest - baseline < 100 * megabyte, `${Math.round((largest - baseline) / megabyte)} MB more`);
});

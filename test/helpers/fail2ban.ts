import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { runProcess } from "./ssh-host.ts";

/**
 * The addresses that fail2ban finds in a log with a filter. The package is unpacked into the folder and not installed: an
 * installed one would start to guard this machine.
 */
export async function findAddresses(folder: string, log: string, filter: string): Promise<string[]> {
  await succeed("apt-get", ["download", "-q", "-o", "APT::Sandbox::User=root", "fail2ban"], folder);
  const archive = (await readdir(folder)).find((name) => name.startsWith("fail2ban_"));
  await succeed("dpkg-deb", ["-x", archive ?? "", "fail2ban"], folder);
  const root = join(folder, "fail2ban");
  const env = { PYTHONPATH: join(root, "usr/lib/python3/dist-packages") };
  const options = ["-c", join(root, "etc/fail2ban"), "--out", "ip", log, filter];
  const out = await succeed("python3", [join(root, "usr/bin/fail2ban-regex"), ...options], folder, env);
  return out.split("\n").filter((line) => line !== "");
}

async function succeed(
  program: string,
  args: readonly string[],
  cwd: string,
  env?: Record<string, string>,
): Promise<string> {
  const { code, stdout, stderr } = await runProcess(program, args, { cwd, env });
  if (code !== 0) throw new Error(`${program} ended with ${code}: ${stderr || stdout}`);
  return stdout;
}

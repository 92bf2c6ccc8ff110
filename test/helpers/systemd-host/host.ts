import { randomUUID } from "node:crypto";
import { join } from "node:path";
import { type CleanUp, eventually, type Result, run, runOk } from "../berth.ts";
import { hostImage } from "./image.ts";
import type { Release } from "./releases.ts";

const checkout = join(import.meta.dirname, "../../..");

/** A container that boots systemd and may have a Docker engine of its own: a machine that can be installed on and rebooted. */
export class SystemdHost {
  readonly name: string;

  constructor(name: string) {
    this.name = name;
  }

  run(...command: string[]): Promise<Result> {
    return run("docker", ["exec", this.name, ...command]);
  }

  runOk(...command: string[]): Promise<string> {
    return runOk("docker", ["exec", this.name, ...command]);
  }

  /** Its address on this machine; another one, perhaps, after a reboot. */
  async address(): Promise<string> {
    const format = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}";
    return (await runOk("docker", ["inspect", "--format", format, this.name])).trim();
  }

  async booted(): Promise<void> {
    await eventually(async () => {
      const { stdout } = await this.run("systemctl", "is-system-running");
      if (!/^(running|degraded)/.test(stdout)) throw new Error(`systemd is ${stdout || "not there yet"}`);
    }, 90_000);
  }

  async reboot(): Promise<void> {
    await runOk("docker", ["restart", "--time", "60", this.name]);
    await this.booted();
  }

  /** The working tree as it is, ignored files left out. */
  async copyCheckout(folder: string): Promise<void> {
    await this.runOk("mkdir", "-p", folder);
    await this.#pipe(
      'cd "$2"; git -c safe.directory="*" ls-files -coz --exclude-standard | tar --ignore-failed-read --null -T - -c',
      'tar --no-same-owner -x -C "$3"',
      checkout,
      folder,
    );
  }

  /** Output of the first, run here, into the second, run there. Arguments are from $2 on. */
  async #pipe(here: string, there: string, ...args: string[]): Promise<void> {
    const script = `set -euo pipefail; (${here}) | docker exec -i "$1" ${there}`;
    await runOk("bash", ["-c", script, "bash", this.name, ...args]);
  }
}

/** A bare machine of a release; resolves once it has booted. It goes with the test. */
export async function bootHost(t: CleanUp, release: Release): Promise<SystemdHost> {
  const image = await hostImage(release);
  const host = new SystemdHost(`berth-test-host-${randomUUID().slice(0, 8)}`);
  // The engine's own, and since Docker 29 its containerd's: neither can be on the overlay of a container.
  const volumes = { "/var/lib/docker": `${host.name}-engine`, "/var/lib/containerd": `${host.name}-containerd` };
  t.after(async () => {
    await run("docker", ["rm", "-f", "-v", host.name]);
    await run("docker", ["volume", "rm", "-f", ...Object.values(volumes)]);
  });
  await runOk("docker", ["run", "-d", "--name", host.name, "--hostname", "berth-host", ...asMachine(volumes), image]);
  await host.booted();
  return host;
}

// What systemd and an engine need. `--privileged` would ask for capabilities that not every machine has to give.
function asMachine(volumes: Readonly<Record<string, string>>): string[] {
  const capabilities = ["SYS_ADMIN", "NET_ADMIN", "SYS_PTRACE"].flatMap((name) => ["--cap-add", name]);
  const unconfined = ["seccomp=unconfined", "apparmor=unconfined"].flatMap((option) => ["--security-opt", option]);
  const cgroups = ["--cgroupns=host", "-v", "/sys/fs/cgroup:/sys/fs/cgroup:rw"];
  return [
    ...capabilities,
    ...unconfined,
    ...cgroups,
    "--tmpfs",
    "/run",
    "--tmpfs",
    "/run/lock",
    ...Object.entries(volumes).flatMap(([folder, volume]) => ["-v", `${volume}:${folder}`]),
  ];
}

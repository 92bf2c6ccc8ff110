import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { run, runOk } from "../berth.ts";

const baseImageScript = join(import.meta.dirname, "../../../scripts/base-image.sh");

/** A release of a distribution that Berth is installed on. */
export interface Release {
  /** `Debian 13` */
  readonly name: string;
  readonly distribution: "debian" | "ubuntu";
  readonly codename: string;
}

export const debian12: Release = { name: "Debian 12", distribution: "debian", codename: "bookworm" };
export const debian13: Release = { name: "Debian 13", distribution: "debian", codename: "trixie" };
export const ubuntu24: Release = { name: "Ubuntu 24.04", distribution: "ubuntu", codename: "noble" };

/** A line of apt's sources. */
export interface AptSource {
  readonly uri: string;
  readonly suite: string;
}

export interface ThisRelease {
  readonly distribution: string;
  readonly version: string;
  readonly codename: string;
}

export async function thisRelease(): Promise<ThisRelease> {
  const lines = (await readFile("/etc/os-release", "utf8")).split("\n");
  const fields = Object.fromEntries(lines.map((line) => line.replaceAll('"', "").split("=", 2)));
  return { distribution: fields.ID, version: fields.VERSION_ID, codename: fields.VERSION_CODENAME };
}

export function components({ distribution }: Release): string {
  return distribution === "ubuntu" ? "main,universe" : "main";
}

/** Where the release's packages come from: this machine's mirror, if it is of the same distribution. */
export async function aptSources(release: Release): Promise<AptSource[]> {
  const { distribution, codename } = await thisRelease();
  if (distribution !== release.distribution) return publicSources(release);
  const lines = (await runOk(baseImageScript, ["--sources"])).trim().split("\n");
  return lines.map((line) => {
    const [, uri = "", suite = ""] = line.split(" ");
    return { uri, suite: suite.replace(codename, release.codename) };
  });
}

function publicSources({ distribution, codename }: Release): AptSource[] {
  const main = distribution === "ubuntu" ? "http://archive.ubuntu.com/ubuntu" : "http://deb.debian.org/debian";
  const security = distribution === "ubuntu" ? main : "http://deb.debian.org/debian-security";
  return [
    { uri: main, suite: codename },
    { uri: main, suite: `${codename}-updates` },
    { uri: security, suite: `${codename}-security` },
  ];
}

/** Why there can be no machine of this release here; false if there can. */
export async function unavailable(release: Release): Promise<string | false> {
  if ((await thisRelease()).codename === release.codename) return false;
  const [source] = await aptSources(release);
  const url = `${source?.uri}/dists/${source?.suite}/InRelease`;
  const answer = await run("curl", ["-fsSL", "--max-time", "20", "-o", "/dev/null", url], {
    env: { ...process.env } as Record<string, string>,
  });
  return answer.code === 0 ? false : `the mirror of ${release.name} does not answer: ${url}`;
}

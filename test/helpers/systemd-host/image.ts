import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runOk } from "../berth.ts";
import { type AptSource, aptSources, components, type Release, thisRelease } from "./releases.ts";

const scripts = join(import.meta.dirname, "../../../scripts");
const repository = "berth-test/host";
const authorities = "/etc/ssl/certs/ca-certificates.crt";
// The one thing that the caller's settings decide: how packages are reached from here.
const env = { ...process.env } as Record<string, string>;

/** The image of a fresh machine of a release; made when there is none of this content yet. */
export async function hostImage(release: Release): Promise<string> {
  const context = await mkdtemp(join(tmpdir(), "berth-test-host-"));
  try {
    const sources = await aptSources(release);
    const base = await baseImage(release, sources);
    const content = await stage(context, base, release, sources);
    const image = `${repository}:${release.codename}-${content}`;
    if ((await run("docker", ["image", "inspect", image])).code !== 0) {
      await runOk("docker", ["build", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image, context], {
        env,
      });
      await removeOthers(release, image);
    }
    return image;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** The one that scripts/images.sh builds on, if the release is this machine's. */
async function baseImage(release: Release, sources: readonly AptSource[]): Promise<string> {
  const here = await thisRelease();
  const own = here.codename === release.codename;
  const made = `${own ? "berth/base" : "berth-test/base"}:${release.codename}`;
  for (const image of [made, ...(own ? [`${here.distribution}:${here.version}`] : [])]) {
    if ((await run("docker", ["image", "inspect", image])).code === 0) return image;
  }
  if (own) await runOk(join(scripts, "base-image.sh"), [made], { env });
  else await runOk(join(import.meta.dirname, "base.sh"), [...debootstrap(release, sources), made], { env });
  return made;
}

function debootstrap(release: Release, sources: readonly AptSource[]): string[] {
  const mirror = sources.find(({ suite }) => suite === release.codename);
  if (mirror === undefined) throw new Error(`No apt source of ${release.name}`);
  return [release.codename, mirror.uri, components(release)];
}

/** Fills the context with what the machine must share with this one to reach its packages; returns a name for all of it. */
async function stage(context: string, base: string, release: Release, sources: readonly AptSource[]): Promise<string> {
  const list = sources.map(({ uri, suite }) => `deb ${uri} ${suite} ${components(release).replace(",", " ")}\n`);
  for (const file of ["Dockerfile", "docker.conf"])
    await copyFile(join(import.meta.dirname, file), join(context, file));
  await copyFile(authorities, join(context, "ca-certificates.crt"));
  await writeFile(join(context, "npmrc"), await npmrc());
  await writeFile(join(context, "environment"), proxies());
  await writeFile(join(context, "apt-sources.list"), list.join(""));
  await writeFile(join(context, "apt.conf"), await runOk(join(scripts, "base-image.sh"), ["--conf"]));
  const hash = createHash("sha256").update(await runOk("docker", ["image", "inspect", "--format", "{{.Id}}", base]));
  for (const file of [
    "Dockerfile",
    "docker.conf",
    "ca-certificates.crt",
    "npmrc",
    "environment",
    "apt-sources.list",
    "apt.conf",
  ]) {
    hash.update(await readFile(join(context, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

/** The npm registry of this machine, unless it is the public one that Berth knows by itself. */
async function npmrc(): Promise<string> {
  const script = `. "$1/lib/packages.sh"; . "$1/lib/registry.sh"; echo "$(npm_registry) $public_npm_registry"`;
  const [here, everywhere] = (await runOk("bash", ["-c", script, "bash", scripts], { env })).trim().split(" ");
  return here === everywhere ? "" : `registry=${here}\n`;
}

/** As the installer finds them. */
function proxies(): string {
  const names = ["http_proxy", "https_proxy", "no_proxy"];
  const given = names.map((name) => [name, process.env[name] ?? process.env[name.toUpperCase()]]);
  return given.map(([name, value]) => (value ? `${name}="${value}"\n` : "")).join("");
}

async function removeOthers(release: Release, image: string): Promise<void> {
  const all = await runOk("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}", repository]);
  const others = all
    .split("\n")
    .filter((name) => name.startsWith(`${repository}:${release.codename}-`) && name !== image);
  // One that a test still uses is refused, and goes the next time.
  if (others.length > 0) await run("docker", ["rmi", ...others]);
}

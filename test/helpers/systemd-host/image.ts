import { createHash } from "node:crypto";
import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { run, runOk } from "../berth.ts";

const scripts = join(import.meta.dirname, "../../../scripts");
const repository = "berth-test/host";
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** The image of a fresh machine of this machine's release; made when there is none of this content yet. */
export async function hostImage(): Promise<string> {
  const context = await mkdtemp(join(tmpdir(), "berth-test-host-"));
  try {
    const base = await baseImage();
    const content = await stage(context, base);
    const image = `${repository}:${content}`;
    if ((await run("docker", ["image", "inspect", image])).code !== 0) {
      await runOk("docker", ["build", "--network", "host", "--build-arg", `BASE=${base}`, "--tag", image, context]);
      await removeOthers(image);
    }
    return image;
  } finally {
    await rm(context, { recursive: true, force: true });
  }
}

/** The one that scripts/images.sh builds on; made as it makes it. */
async function baseImage(): Promise<string> {
  const release = Object.fromEntries(
    (await readFile("/etc/os-release", "utf8")).split("\n").map((line) => line.replaceAll('"', "").split("=", 2)),
  );
  const made = `berth/base:${release.VERSION_CODENAME}`;
  for (const image of [made, `${release.ID}:${release.VERSION_ID}`]) {
    if ((await run("docker", ["image", "inspect", image])).code === 0) return image;
  }
  await runOk(join(scripts, "base-image.sh"), [made]);
  return made;
}

/** Fills the context with what the machine must share with this one to reach its packages; returns a name for all of it. */
async function stage(context: string, base: string): Promise<string> {
  // The one thing that the caller's settings decide: where packages come from here.
  const env = { ...process.env } as Record<string, string>;
  const registry = (await runOk("npm", ["config", "get", "registry"], { env })).trim();
  await copyFile(join(import.meta.dirname, "Dockerfile"), join(context, "Dockerfile"));
  await copyFile(authorities, join(context, "ca-certificates.crt"));
  await writeFile(join(context, "npmrc"), `registry=${registry}\n`);
  await writeFile(join(context, "apt-sources.list"), await runOk(join(scripts, "base-image.sh"), ["--sources"]));
  await writeFile(join(context, "apt.conf"), await runOk(join(scripts, "base-image.sh"), ["--conf"]));
  const hash = createHash("sha256").update(await runOk("docker", ["image", "inspect", "--format", "{{.Id}}", base]));
  for (const file of ["Dockerfile", "ca-certificates.crt", "npmrc", "apt-sources.list", "apt.conf"]) {
    hash.update(await readFile(join(context, file)));
  }
  return hash.digest("hex").slice(0, 12);
}

async function removeOthers(image: string): Promise<void> {
  const all = await runOk("docker", ["images", "--format", "{{.Repository}}:{{.Tag}}", repository]);
  const others = all.split("\n").filter((name) => name !== "" && name !== image);
  // One that a test still uses is refused, and goes the next time.
  if (others.length > 0) await run("docker", ["rmi", ...others]);
}

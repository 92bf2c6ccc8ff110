import { createHash } from "node:crypto";
import { access, cp, mkdir, mkdtemp, readdir, readFile, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { run, runOk } from "./berth.ts";

export const clientsFolder = join(import.meta.dirname, "../fixtures/clients");
// Proxies, mirrors and authorities of the machine: what is installed comes from registries.
const machine = Object.fromEntries(Object.entries(process.env).filter(([, value]) => value !== undefined)) as Record<
  string,
  string
>;
const cache = join(import.meta.dirname, "../../.cache/test-clients");

/** Path of a python that has the packages of `requirements.txt`. */
export async function pythonClients(): Promise<string> {
  const folder = await cached("python", ["requirements.txt"], async (made) => {
    await runOk("python3", ["-m", "venv", made], { env: machine });
    const requirements = join(clientsFolder, "requirements.txt");
    await runOk(join(made, "bin/python"), [
      "-m",
      "pip",
      "install",
      "-q",
      "--disable-pip-version-check",
      "-r",
      requirements,
    ]);
  });
  return join(folder, "bin/python");
}

/** Folder with what `go.mod` names: `client`, with Go's own net/http, and `h2spec`. */
export function goClients(): Promise<string> {
  return cached("go", ["go.mod", "go.sum", "main.go"], async (made) => {
    const source = join(made, "source");
    await cp(clientsFolder, source, { recursive: true });
    const env = {
      ...machine,
      GOTOOLCHAIN: "local",
      GOFLAGS: "-mod=readonly -buildvcs=false -modcacherw",
      CGO_ENABLED: "0",
      GOPATH: join(made, "path"),
      GOCACHE: join(made, "objects"),
    };
    const build = (name: string, path: string) =>
      runOk("go", ["build", "-o", join(made, name), path], { cwd: source, env });
    await build("client", ".");
    await build("h2spec", "github.com/summerwind/h2spec/cmd/h2spec");
    for (const left of ["source", "path", "objects"]) await rm(join(made, left), { recursive: true });
  });
}

/** Whether there is a JDK that runs a single file. */
export async function hasJava(): Promise<boolean> {
  const { stdout, stderr } = await run("java", ["-version"]);
  return Number(/version "(\d+)/.exec(stdout + stderr)?.[1] ?? 0) >= 11;
}

/** What is dear to set up is made once for each state of its files. Two processes may make it at the same time: one wins. */
async function cached(
  name: string,
  files: readonly string[],
  make: (folder: string) => Promise<void>,
): Promise<string> {
  const hash = createHash("sha256");
  for (const file of files) hash.update(await readFile(join(clientsFolder, file)));
  // A new version of the language does not run what was made for the old one.
  const { stdout } = await run(name === "go" ? "go" : "python3", [name === "go" ? "version" : "--version"]);
  const folder = join(cache, `${name}-${hash.update(stdout).digest("hex").slice(0, 12)}`);
  if (await exists(folder)) return folder;
  await mkdir(cache, { recursive: true });
  const made = await mkdtemp(join(cache, `.${name}-`));
  try {
    await make(made);
    await rename(made, folder).catch(async (error) => {
      if (!(await exists(folder))) throw error;
    });
  } finally {
    await rm(made, { recursive: true, force: true });
  }
  await removeOthers(name, folder);
  return folder;
}

async function removeOthers(name: string, kept: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    const path = join(cache, entry);
    if (entry.startsWith(`${name}-`) && path !== kept) await rm(path, { recursive: true, force: true });
  }
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

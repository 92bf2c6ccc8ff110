import { createHash } from "node:crypto";
import { readdir, readFile, rename, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import type { BuildpackArchive } from "../../builders/buildpack-library.ts";
import { writeFileAtomically } from "../../lib/atomic-file.ts";

/** Archives that are kept of one address. */
const mostKept = 3;
const abandonedMs = 3_600_000;

/** What is kept of one address: `VERSION.archive` for each version, and which version a branch or tag meant last. */
export class Shelf {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  /** A path for something in the making. */
  scratch(name: string): string {
    return join(this.#folder, `scratch-${name}`);
  }

  async take(version: string): Promise<BuildpackArchive | undefined> {
    const path = this.#archive(version);
    if ((await stat(path).catch(() => undefined)) === undefined) return undefined;
    // The oldest are thrown away: this one is in use.
    await utimes(path, new Date(), new Date());
    return { path, version, release: async () => undefined };
  }

  /** Keeps a finished file, and throws away what has not been used for longest. */
  async put(version: string, file: string): Promise<BuildpackArchive> {
    await rename(file, this.#archive(version));
    await this.#tidy();
    return { path: this.#archive(version), version, release: async () => undefined };
  }

  async remember(ref: string | undefined, version: string): Promise<void> {
    if ((await this.meantBy(ref)) !== version) await writeFileAtomically(this.#note(ref), version);
  }

  /** The version that it was when its server last answered. */
  async meantBy(ref: string | undefined): Promise<string | undefined> {
    return readFile(this.#note(ref), "utf8").catch(() => undefined);
  }

  /** Unix milliseconds. */
  async lastUsed(): Promise<number> {
    const names = await readdir(this.#folder).catch(() => []);
    const paths = [this.#folder, ...names.map((name) => join(this.#folder, name))];
    const times = paths.map((path) =>
      stat(path).then(
        ({ mtimeMs }) => mtimeMs,
        () => 0,
      ),
    );
    return Math.max(...(await Promise.all(times)));
  }

  async #tidy(): Promise<void> {
    const all = await readdir(this.#folder);
    // What a daemon that was killed has left; nothing takes this long.
    for (const name of all.filter((one) => one.startsWith("scratch-"))) {
      const { mtimeMs } = await stat(join(this.#folder, name)).catch(() => ({ mtimeMs: Date.now() }));
      if (Date.now() - mtimeMs > abandonedMs) await rm(join(this.#folder, name), { recursive: true, force: true });
    }
    const names = all.filter((name) => name.endsWith(".archive") && !name.startsWith("scratch-"));
    const aged = await Promise.all(
      names.map(async (name) => ({ name, used: (await stat(join(this.#folder, name))).mtimeMs })),
    );
    const old = aged.sort((a, b) => b.used - a.used).slice(mostKept);
    for (const { name } of old) await rm(join(this.#folder, name), { force: true });
    await this.#forgetRefs(all, new Set(aged.slice(0, mostKept).map(({ name }) => name)));
  }

  /** Of versions that are not kept any more. */
  async #forgetRefs(all: readonly string[], kept: ReadonlySet<string>): Promise<void> {
    for (const name of all.filter((one) => one.startsWith("ref-"))) {
      const version = await readFile(join(this.#folder, name), "utf8").catch(() => "");
      if (!kept.has(`${version}.archive`)) await rm(join(this.#folder, name), { force: true });
    }
  }

  #archive(version: string): string {
    return join(this.#folder, `${version}.archive`);
  }

  #note(ref: string | undefined): string {
    const key = createHash("sha256")
      .update(ref ?? "")
      .digest("hex")
      .slice(0, 16);
    return join(this.#folder, `ref-${key}`);
  }
}

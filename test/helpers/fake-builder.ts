import type { Builder, BuildRequest, Image, ImageStore, Source } from "../../src/builders/builder.ts";
import type { ProcessTypes } from "../../src/model/app.ts";
import type { Progress } from "../../src/model/progress.ts";

/** Builds nothing: says a line and names an image that a FakeImageStore then has. */
export class FakeBuilder implements Builder {
  readonly name = "fake";
  readonly requests: BuildRequest[] = [];
  /** What the next builds find. */
  processTypes: ProcessTypes = { web: "./web" };
  /** Further images of the next builds: process type -> name behind the build's. */
  services: Readonly<Record<string, string>> = {};
  detects = true;
  /** The next builds throw this after their output. */
  fails: Error | undefined;
  /** The next builds wait for this, or for the abort. */
  until: Promise<void> | undefined;
  lines: string[] = ["-----> Fake app detected"];
  readonly #images: FakeImageStore;

  constructor(images = new FakeImageStore()) {
    this.#images = images;
  }

  async detect(_source: Source): Promise<boolean> {
    return this.detects;
  }

  async build(request: BuildRequest, progress: Progress, signal: AbortSignal): Promise<Image> {
    this.requests.push(request);
    const { fails, processTypes } = this;
    for (const line of this.lines) progress.line(line);
    if (this.until !== undefined) await Promise.race([this.until, aborted(signal)]);
    signal.throwIfAborted();
    if (fails) throw fails;
    const reference = `berth-fake/${request.app}:${request.buildId}`;
    this.#images.references.add(reference);
    const services = Object.fromEntries(
      Object.entries(this.services).map(([type, part]) => [type, { image: `${reference}-${part}` }]),
    );
    for (const { image } of Object.values(services)) this.#images.references.add(image);
    return { reference, processTypes, ...(Object.keys(services).length > 0 && { runtime: { services } }) };
  }
}

export class FakeImageStore implements ImageStore {
  readonly references = new Set<string>();
  readonly removedCaches: string[] = [];
  onRemove: (reference: string) => void = () => undefined;

  async list(): Promise<string[]> {
    return [...this.references];
  }

  async exists(reference: string): Promise<boolean> {
    return this.references.has(reference);
  }

  async remove(reference: string): Promise<void> {
    this.references.delete(reference);
    this.onRemove(reference);
  }

  readonly spared: (readonly string[])[] = [];
  async removeLeftovers(appIds: () => readonly string[]): Promise<number> {
    this.spared.push(appIds());
    return 0;
  }

  files = async () => new Map<string, string>();

  async id(reference: string): Promise<string | undefined> {
    return this.references.has(reference) ? `sha256:${reference}` : undefined;
  }

  pull = () => Promise.reject(new Error("a fake store pulls nothing"));
  load = () => Promise.reject(new Error("a fake store loads nothing"));

  removeData = async () => undefined;

  async removeCache(appId: string): Promise<void> {
    this.removedCaches.push(appId);
  }
}

/** Files of a commit, held in memory. `tar` is not there: what needs it needs a real repository. */
export function fakeSource(files: Readonly<Record<string, string>>, commit = "1".repeat(40)): Source {
  return {
    commit,
    has: async (path) => Object.hasOwn(files, path),
    read: async (path) => (Object.hasOwn(files, path) ? files[path] : undefined),
    tar: () => Promise.reject(new Error("a fake source has no tar")),
  };
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    else signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
}

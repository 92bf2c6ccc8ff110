/**
 * `scripts/bench.sh builds`: what builds cost, language by language: the first one, one of the same commit again, one after a
 * change of one line. Beside it the same steps by hand: `docker run` of the build image with a copy of the same caches, and the
 * commands that a developer would type, within the limits that Berth sets to a build. And what the image of a changed line adds, beside the size of what is the app's own.
 */
import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import { join } from "node:path";
import { type Berth, runOk, startBerth } from "../helpers/berth.ts";
import { buildImage } from "../helpers/images.ts";
import { type Sample, samples } from "./builds/samples.ts";
import { lastFields, lastPhases, median, say } from "./measure.ts";

const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const only = process.env.BENCH_ONLY;
/** Shows the laps of each build with Berth. */
const laps = process.env.BENCH_LAPS !== undefined;
const cleanups: (() => Promise<void>)[] = [];
const fixtures = join(import.meta.dirname, "../fixtures/apps");

interface Times {
  readonly cold: number;
  readonly unchanged: number;
  readonly changed: number;
}

/** The sample's folder, with a line that changes each time it is asked to. */
class Work {
  readonly sample: Sample;
  readonly folder: string;
  readonly #original: string;
  #changes = 0;

  constructor(sample: Sample, folder: string, original: string) {
    this.sample = sample;
    this.folder = folder;
    this.#original = original;
  }

  static async of(sample: Sample): Promise<Work> {
    const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
    cleanups.push(() => rm(folder, { recursive: true, force: true }));
    await cp(join(fixtures, sample.fixture), folder, { recursive: true });
    await sample.prepare?.(folder, await newVolume(`${sample.language.toLowerCase()}-prepare`));
    return new Work(sample, folder, await readFile(join(folder, sample.file), "utf8"));
  }

  async changeLine(): Promise<void> {
    const { file, from } = this.sample;
    this.#changes += 1;
    const text = this.#original.replace(from, `${from} ${this.#changes}`);
    if (text === this.#original) throw new Error(`${file} has no '${from}'`);
    await writeFile(join(this.folder, file), text);
  }
}

async function newVolume(what: string): Promise<string> {
  const name = `berth-bench-${what}-${process.pid}`;
  await runOk("docker", ["volume", "create", name]);
  cleanups.push(async () => void (await runOk("docker", ["volume", "rm", "-f", name])));
  return name;
}

async function withBerth(berth: Berth, app: string, work: Work): Promise<Times> {
  const { config } = work.sample;
  await berth.cliOk("apps:create", app);
  if (config !== undefined) await berth.cliOk("config:set", app, ...config);
  await berth.commitAll(work.folder, "first");
  await berth.pushOk(work.folder, app);
  const cold = built(berth, `${app}, cold`);
  const [unchanged, changed]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    await berth.cliOk("ps:rebuild", app);
    unchanged.push(built(berth, `${app}, unchanged`));
    await work.changeLine();
    await berth.commitAll(work.folder, `round ${round}`);
    await berth.pushOk(work.folder, app);
    changed.push(built(berth, `${app}, one line`));
  }
  return { cold, unchanged: median(unchanged), changed: median(changed) };
}

/** Milliseconds of the last build, from the source being read to the image being there. */
function built(berth: Berth, what: string): number {
  const { build = Number.NaN } = lastPhases(berth);
  if (laps) say(`${what}: ${build} ms, of which ${JSON.stringify(lastFields(berth, "built").milliseconds)}`);
  return build;
}

/** The cache as Berth has left it, for nobody else. */
async function copyCache(berth: Berth, app: string): Promise<string> {
  const filter = ["--filter", `label=berth.instance=${await berth.instance()}`, "--filter", `label=berth.app=${app}`];
  const cache = (await runOk("docker", ["volume", "ls", "-q", ...filter])).trim();
  const copy = await newVolume(app);
  const mounts = ["-v", `${cache}:/from:ro`, "-v", `${copy}:/to`];
  await runOk("docker", ["run", "--rm", "-u", "0", ...mounts, buildImage, "cp", "-a", "/from/.", "/to/"]);
  return copy;
}

async function byHand(volume: string, work: Work): Promise<Omit<Times, "cold">> {
  await runByHand(volume, work, work.sample.byHand);
  const [unchanged, changed]: [number[], number[]] = [[], []];
  for (let round = 1; round <= rounds; round++) {
    unchanged.push(await runByHand(volume, work, work.sample.byHand));
    await work.changeLine();
    changed.push(await runByHand(volume, work, work.sample.byHand));
  }
  return { unchanged: median(unchanged), changed: median(changed) };
}

// Defaults of the settings, and the share that leaves running apps in front.
const limits = ["--cpus", String(Math.max(1, availableParallelism() * 0.75)), "--cpu-shares", "256"];

async function runByHand(volume: string, { folder }: Work, steps: string): Promise<number> {
  const script = `set -e\nmkdir -p /tmp/cache/hand/app && cd /tmp/cache/hand/app && tar -x\n${steps}`;
  const docker = `source=$1 volume=$2 image=$3 script=$4; shift 4
    tar -C "$source" --exclude=./.git -c . | docker run --rm -i "$@" -v "$volume:/tmp/cache" "$image" bash -c "$script"`;
  const begin = performance.now();
  await runOk("bash", ["-o", "pipefail", "-c", docker, "bash", folder, volume, buildImage, script, ...limits]);
  return performance.now() - begin;
}

/** Bytes of the layer that holds the app itself. */
async function layerOf(berth: Berth, app: string): Promise<number> {
  const [dyno = ""] = await berth.containers(`label=berth.app=${app}`, "label=berth.type=dyno", "status=running");
  const image = (await runOk("docker", ["inspect", "-f", "{{.Image}}", dyno])).trim();
  const history = await runOk("docker", ["history", "--human=false", "--format", "{{.Size}}", image]);
  return Number(history.split("\n")[0]);
}

/** Bytes of the source and of what the steps by hand have made of it. */
async function ownSize(volume: string, { folder, sample }: Work): Promise<number> {
  const source = await runOk("du", ["-sb", "--exclude=.git", folder]);
  if (sample.product === undefined) return Number.parseInt(source, 10);
  const steps = `cd /tmp/cache/hand/app && du -cb ${sample.product} | tail -n 1`;
  const product = await runOk("docker", ["run", "--rm", "-v", `${volume}:/tmp/cache`, buildImage, "bash", "-c", steps]);
  return Number.parseInt(source, 10) + Number.parseInt(product, 10);
}

async function measure(berth: Berth, sample: Sample): Promise<string[]> {
  const app = sample.language.toLowerCase();
  const work = await Work.of(sample);
  const berths = await withBerth(berth, app, work);
  const layer = await layerOf(berth, app);
  const volume = await copyCache(berth, app);
  const hand = await byHand(volume, work);
  const own = await ownSize(volume, work);
  const times = [berths.cold, berths.unchanged, hand.unchanged, berths.changed, hand.changed];
  const over = [berths.unchanged - hand.unchanged, berths.changed - hand.changed];
  await berth.cliOk("--force", "apps:destroy", app);
  return [sample.language, ...[...times, ...over].map(inSeconds), inMegabytes(layer), inMegabytes(own)];
}

const inSeconds = (ms: number): string => (ms / 1000).toFixed(1);
const inMegabytes = (bytes: number): string => (bytes / 1e6).toFixed(3);

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

try {
  await runOk(join(import.meta.dirname, "../../src/main.ts"), ["serve", "--warm-up"]);
  const berth = await startBerth({ after: (work) => void cleanups.push(work) }, "--log-level", laps ? "debug" : "info");
  const head = [
    ...["", "cold", "unchanged", "by hand", "one line", "by hand", "over by hand, unchanged", "over by hand, one line"],
    ...["layer, MB", "app's own, MB"],
  ];
  say(`Seconds, medians of ${rounds}; the first build with Berth once.\n`);
  say(row(head));
  say(row(head.map((_, index) => (index === 0 ? "---" : "--:"))));
  for (const sample of samples) {
    if (only !== undefined && !only.split(",").includes(sample.language)) continue;
    say(row(await measure(berth, sample)));
  }
} finally {
  for (const work of cleanups.reverse()) await work();
}

/**
 * `scripts/bench.sh deploy`: what a push costs, on this machine, with its parts. Everything is real: git, ssh, Docker. The
 * peer in the same run is the sum of the Docker operations that a push cannot do without, done by hand one after the other.
 */
import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { nullApp } from "../helpers/apps.ts";
import { type Berth, runOk, startBerth } from "../helpers/berth.ts";
import { runImage } from "../helpers/images.ts";
import { constantLoad } from "../helpers/load.ts";
import { lastPhases, median, say, seconds } from "./measure.ts";

const pushes = Number(process.env.BENCH_PUSHES ?? 20);
const cleanups: (() => Promise<void>)[] = [];

interface Phases {
  [name: string]: number[];
}

/** Pushes one-line changes and waits each time for the first answer with the new page. */
async function measurePushes(berth: Berth, app: string, folder: string, page: string): Promise<void> {
  const path = join(folder, page);
  const original = await readFile(path, "utf8");
  const totals: number[] = [];
  const phases: Phases = {};
  await berth.pushOk(folder, app);
  for (let round = 1; round <= pushes; round++) {
    const mark = `bench-${round}`;
    await writeFile(path, original.replaceAll(/BENCH_MARK|bench-\d+/g, mark));
    await berth.commitAll(folder, mark);
    const begin = performance.now();
    await berth.pushOk(folder, app);
    const pushed = performance.now();
    const answer = await berth.fetch(app);
    const end = performance.now();
    if (answer.status !== 200) throw new Error(`round ${round}: status ${answer.status}`);
    totals.push(end - begin);
    const parts: Record<string, number> = { ...lastPhases(berth), "first request": end - pushed };
    const inside = Object.values(parts).reduce((sum, ms) => sum + ms, 0);
    parts["ssh, git and the client"] = end - begin - inside;
    for (const [name, ms] of Object.entries(parts)) phases[name] = [...(phases[name] ?? []), ms];
  }
  const slowest = Math.max(...totals);
  say(`  push to first 200: median ${seconds(median(totals))}, slowest ${seconds(slowest)} of ${pushes}`);
  for (const [name, values] of Object.entries(phases)) say(`    ${name.padEnd(26)} ${seconds(median(values))}`);
}

/** The Docker operations of a deploy by hand: the floor under any push that goes step by step. */
async function measureFloor(): Promise<void> {
  const totals: number[] = [];
  for (let round = 0; round < 5; round++) {
    const begin = performance.now();
    const build = (await runOk("docker", ["create", runImage, "/bin/true"])).trim();
    await runOk("docker", ["start", "-a", build]);
    const image = (await runOk("docker", ["commit", build])).trim();
    const web = (await runOk("docker", ["create", "--init", image, "sleep", "60"])).trim();
    await runOk("docker", ["start", web]);
    totals.push(performance.now() - begin);
    await runOk("docker", ["rm", "-f", build, web]);
    await runOk("docker", ["rmi", image]);
  }
  say(`  create, start, commit, create, start with the docker client: median ${seconds(median(totals))}`);
}

async function measureLoad(berth: Berth, app: string, folder: string): Promise<void> {
  const load = constantLoad({ port: berth.httpPort, host: `${app}.berth.test`, path: "/", perSecond: 200 });
  for (let round = 1; round <= pushes; round++) {
    await writeFile(join(folder, "round"), String(round));
    await berth.commitAll(folder, `load ${round}`);
    await berth.pushOk(folder, app);
  }
  const { requests, failures, durations } = await load.stop();
  const sorted = [...durations].sort((a, b) => a - b);
  const p99 = sorted[Math.floor(sorted.length * 0.99)] ?? Number.NaN;
  say(`  ${requests} requests in ${pushes} deploys at 200/s: ${failures.length} failed, p99 ${p99.toFixed(0)} ms`);
  for (const failure of failures.slice(0, 5)) say(`    ${failure}`);
}

async function rssMb(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1024;
}

async function measureMemory(berth: Berth, when: string): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 15_000));
  const daemon = await rssMb(berth.pid);
  const router = await rssMb(Number(await readFile(join(berth.root, "run/router-1.pid"), "utf8")));
  const total = (daemon + router).toFixed(0);
  say(`  ${when}: daemon ${daemon.toFixed(0)} MB + router ${router.toFixed(0)} MB = ${total} MB resident`);
}

async function measureIdle(berth: Berth): Promise<void> {
  const source = await berth.repositoryOf(nullApp("idle"));
  const existing = (await berth.cliOk("--quiet", "apps:list")).trim().split("\n").length;
  for (let app = existing; app < 20; app++) await berth.pushOk(source, `idle${app}`);
  await measureMemory(berth, "20 apps, at rest after all these deploys and requests");
  await berth.signal("SIGTERM");
  await berth.cliOk("router:stop");
  await berth.serve();
  await measureMemory(berth, "20 apps, idle since the start");
  const times: number[] = [];
  for (let round = 0; round < 20; round++) {
    const begin = performance.now();
    await berth.cliOk("apps:list");
    times.push(performance.now() - begin);
  }
  say(`  berth apps:list with 20 apps: median ${median(times).toFixed(0)} ms of 20`);
}

try {
  // As install.sh leaves it: the first start after a change of the code is otherwise one with node's type stripper.
  await runOk(join(import.meta.dirname, "../../src/main.ts"), ["serve", "--warm-up"]);
  // As a user runs it: what a debug log costs is not what is measured.
  const berth = await startBerth({ after: (work) => void cleanups.push(work) }, "--log-level", "info");
  say("Floor");
  await measureFloor();
  say("An app with nothing to install (Procfile, null buildpack)");
  await measurePushes(berth, "plain", await berth.repositoryOf(nullApp("BENCH_MARK")), "page");
  say("A Node app without dependencies");
  const bare = {
    "package.json": '{"name":"bare","scripts":{"start":"node server.js"}}',
    "server.js": 'require("http").createServer((q, s) => s.end("BENCH_MARK\\n")).listen(process.env.PORT);',
    Procfile: "web: node server.js\n",
  };
  await measurePushes(berth, "bare", await berth.repositoryOf(bare), "server.js");
  say("A Node app with a lockfile of about 100 packages, dependencies unchanged");
  const hundred = await berth.repository("node-hundred");
  await measurePushes(berth, "hundred", hundred, "server.js");
  say("Deploys under load");
  await measureLoad(berth, "hundred", hundred);
  say("At rest");
  await measureIdle(berth);
} finally {
  for (const work of cleanups) await work();
}

/**
 * `scripts/bench.sh router`: Berth's router beside what others put in front, on the same backend and in the same run. All of
 * them run throughout and take turns in short rounds, so that what else the machine does meets all alike; medians are told.
 */
import { mkdtemp, rm } from "node:fs/promises";
import { cpus, tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../../src/lib/free-port.ts";
import { createLoads, type Load, type Result } from "./router/loads.ts";
import { cpuSeconds, listens, output, residentBytes, start, stopAll } from "./router/processes.ts";
import {
  berth,
  type Contender,
  caddy,
  haproxy,
  host,
  nginxAsDokku,
  nginxTuned,
  type Place,
  startBackend,
} from "./router/proxies.ts";
import { measureSockets } from "./router/sockets.ts";

const rounds = Number(process.env.BENCH_ROUNDS ?? 5);
const seconds = Number(process.env.BENCH_SECONDS ?? 2);
/** Those that compile while they run have done so by then, as in a proxy that has run since yesterday. */
const warmUpSeconds = 3;
/** Some of the loads, by a word of their names. */
const only = process.env.BENCH_ONLY;

interface Measured extends Result {
  readonly cpuMicros: number;
}

interface Row extends Measured {
  readonly proxy: string;
  readonly rss: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN;
}

async function startAll(folder: string): Promise<Contender[]> {
  const port = () => freePort("127.0.0.1");
  const place: Place = {
    folder,
    backend: await port(),
    sockets: await port(),
    certificate: join(folder, "cert.pem"),
    key: join(folder, "key.pem"),
  };
  const { certificate, key } = place;
  const subject = ["-subj", `/CN=${host}`, "-addext", `subjectAltName=DNS:${host}`];
  const kind = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"];
  await output(["openssl", "req", "-x509", ...kind, "-keyout", key, "-out", certificate, ...subject]);
  await startBackend(folder, place.backend);
  const backend = join(import.meta.dirname, "router/socket-backend.ts");
  start(folder, "sockets", [process.execPath, backend, String(place.sockets)]);
  await listens(place.sockets, "the sockets' backend");
  return [
    await nginxAsDokku(place, await port(), await port()),
    await nginxTuned(place, await port(), await port()),
    await haproxy(place, await port(), await port()),
    await caddy(place, await port(), await port()),
    await berth(place, 1, await port(), await port()),
    await berth(place, 2, await port(), await port()),
  ];
}

async function measure(load: Load, proxy: Contender): Promise<Measured> {
  const before = await cpuSeconds(proxy.pids);
  const result = await load.run(proxy, seconds);
  const used = (await cpuSeconds(proxy.pids)) - before;
  return { ...result, cpuMicros: (used * 1e6) / result.requests };
}

async function measureLoad(load: Load, proxies: readonly Contender[]): Promise<Row[]> {
  const all = new Map<Contender, Measured[]>(proxies.map((proxy) => [proxy, []]));
  for (const proxy of proxies) await load.run(proxy, warmUpSeconds);
  for (let round = 0; round < rounds; round++) {
    for (const [proxy, measured] of all) measured.push(await measure(load, proxy));
  }
  const rows: Row[] = [];
  for (const [proxy, measured] of all) {
    const of = (field: keyof Measured) => median(measured.map((result) => result[field]));
    rows.push({
      proxy: proxy.name,
      requests: of("requests"),
      failed: measured.reduce((sum, { failed }) => sum + failed, 0),
      perSecond: of("perSecond"),
      p50Ms: of("p50Ms"),
      p99Ms: of("p99Ms"),
      cpuMicros: of("cpuMicros"),
      rss: await residentBytes(proxy.pids),
    });
  }
  return rows;
}

/** Columns after the first are numbers. */
function table(headings: readonly string[], rows: readonly (readonly string[])[]): void {
  const line = (cells: readonly string[]) => say(`| ${cells.join(" | ")} |`);
  line(headings);
  line(headings.map((_, index) => (index === 0 ? "---" : "---:")));
  for (const row of rows) line(row);
}

function printLoad(load: Load, rows: readonly Row[]): void {
  say(`\n**${load.name}**\n`);
  const dokku = rows[0]?.cpuMicros ?? Number.NaN;
  table(
    ["", "requests/s", "p50", "p99", "CPU per request", "of nginx as Dokku has it", "memory"],
    rows.map(({ proxy, perSecond, p50Ms, p99Ms, cpuMicros, rss }) => [
      proxy,
      Math.round(perSecond).toLocaleString("en"),
      `${p50Ms.toFixed(2)} ms`,
      `${p99Ms.toFixed(1)} ms`,
      cpuMicros < 1_000 ? `${cpuMicros.toFixed(1)} us` : `${(cpuMicros / 1_000).toFixed(2)} ms`,
      (cpuMicros / dokku).toFixed(2),
      megabytes(rss),
    ]),
  );
  for (const { proxy, failed } of rows) if (failed > 0) say(`\n${proxy}: ${failed} requests failed.`);
}

async function printSockets(proxies: readonly Contender[]): Promise<void> {
  const rows: string[][] = [];
  for (const proxy of proxies) {
    const { bytesEach, p50Ms, p99Ms } = await measureSockets(proxy);
    rows.push([proxy.name, `${(bytesEach / 1024).toFixed(1)} KiB`, `${p50Ms.toFixed(2)} ms`, `${p99Ms.toFixed(1)} ms`]);
  }
  say("\n**1,000 WebSockets, 50 speaking at a time**\n");
  table(["", "memory each", "echo p50", "echo p99"], rows);
}

/** What the project has promised itself, as ratios of this run. */
function printTargets(all: ReadonlyMap<Load, readonly Row[]>): void {
  const ratios: string[][] = [];
  const compare = (word: string, field: "cpuMicros" | "p99Ms", peer: string, most: number) => {
    const rows = [...all].find(([load]) => load.name.includes(word))?.[1] ?? [];
    const of = (name: string) => rows.find(({ proxy }) => proxy.startsWith(name))?.[field] ?? Number.NaN;
    const ratio = of("Berth, 1") / of(peer);
    if (Number.isNaN(ratio)) return;
    const what = `${word}: ${field === "cpuMicros" ? "CPU per request" : "p99"} of ${peer}`;
    ratios.push([what, ratio.toFixed(2), most.toFixed(2), ratio <= most ? "yes" : "no"]);
  };
  compare("Small", "cpuMicros", "nginx as Dokku", 0.5);
  compare("Small", "cpuMicros", "Caddy", 0.55);
  compare("Small", "cpuMicros", "nginx, tuned", 1.5);
  compare("1 MiB responses", "cpuMicros", "nginx, tuned", 1.2);
  compare("1 MiB uploads", "cpuMicros", "nginx, tuned", 1.2);
  for (const word of ["Small", "new connection", "1 MiB responses", "1 MiB uploads", "HTTP/2"])
    compare(word, "p99Ms", "Caddy", 1);
  say("\n**Berth with one worker, as a ratio**\n");
  table(["", "ratio", "wanted at most", "met"], ratios);
}

function megabytes(size: number): string {
  return `${(size / 1024 / 1024).toFixed(0)} MB`;
}

const folder = await mkdtemp(join(tmpdir(), "berth-bench-"));
try {
  const proxies = await startAll(folder);
  const versions = await Promise.all(
    [
      ["nginx", "-v"],
      ["haproxy", "-v"],
      ["caddy", "version"],
    ].map((words) => output(["sh", "-c", `${words.join(" ")} 2>&1`])),
  );
  const first = versions.map((text) =>
    text
      .split("\n")[0]
      ?.replace(/^nginx version: /, "")
      .slice(0, 40),
  );
  say(`${cpus().length} cores (${cpus()[0]?.model}), ${first.join(", ")}, Node ${process.version}`);
  say(`Each proxy in one process or thread, but for Berth with two; medians of ${rounds} rounds of ${seconds} s.`);
  // First of all: later, what a load has left of free memory would hide what a connection takes.
  if (only === undefined || "WebSockets".includes(only)) await printSockets(proxies);
  const all = new Map<Load, Row[]>();
  for (const load of await createLoads(folder)) {
    if (only !== undefined && !load.name.includes(only)) continue;
    const rows = await measureLoad(load, proxies);
    all.set(load, rows);
    printLoad(load, rows);
  }
  printTargets(all);
} finally {
  await stopAll();
  await rm(folder, { recursive: true, force: true });
}

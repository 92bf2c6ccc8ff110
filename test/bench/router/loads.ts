import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { output } from "./processes.ts";
import { type Contender, host } from "./proxies.ts";

export interface Result {
  readonly requests: number;
  /** Other answers than 200, and answers that broke off. */
  readonly failed: number;
  readonly perSecond: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

export interface Load {
  readonly name: string;
  run(proxy: Contender, seconds: number): Promise<Result>;
}

export async function createLoads(folder: string): Promise<Load[]> {
  const script = join(folder, "upload.lua");
  await writeFile(script, 'wrk.method = "POST"\nwrk.body = string.rep("0123456789abcdef", 65536)\n');
  return [
    { name: "Small responses (100 bytes), 32 kept connections", run: wrk("/small", 32, []) },
    { name: "A new connection for each request", run: wrk("/small", 32, ["-H", "Connection: close"]) },
    { name: "1 MiB responses, 8 connections", run: wrk("/big", 8, []) },
    { name: "1 MiB uploads, 8 connections", run: wrk("/upload", 8, ["-s", script]) },
    { name: "TLS and HTTP/2, 8 connections with 8 streams", run: h2load(folder) },
  ];
}

function wrk(path: string, connections: number, more: readonly string[]): Load["run"] {
  return async ({ http, name }, seconds) => {
    const words = ["wrk", "-t1", `-c${connections}`, `-d${seconds}s`, "--latency", "-H", `Host: ${host}`, ...more];
    const text = await output([...words, `http://127.0.0.1:${http}${path}`]);
    const bad = Number(/Non-2xx.*: (\d+)/.exec(text)?.[1] ?? 0);
    const [, broken = "0"] = /Socket errors: connect \d+, read (\d+)/.exec(text) ?? [];
    // With a new connection for each request, wrk takes some ends of connections for errors.
    const failed = bad + (more.includes("Connection: close") ? 0 : Number(broken));
    const [, requests, took = ""] = /(\d+) requests in ([\d.]+\w+)/.exec(text) ?? [];
    const percentile = (percent: number) =>
      milliseconds(new RegExp(`${percent}%\\s+([\\d.]+\\w+)`).exec(text)?.[1] ?? "");
    if (!(Number(requests) > failed)) throw new Error(`${name}, ${path}: ${text}`);
    return {
      requests: Number(requests),
      failed,
      perSecond: Number(requests) / (milliseconds(took) / 1000),
      p50Ms: percentile(50),
      p99Ms: percentile(99),
    };
  };
}

/** It has no percentiles: they are taken from its log of each request. */
function h2load(folder: string): Load["run"] {
  const log = join(folder, "h2load.log");
  return async ({ https, name }, seconds) => {
    await rm(log, { force: true });
    const words = ["h2load", "-t1", "-c8", "-m8", `-D${seconds}`, `--log-file=${log}`];
    const text = await output([...words, `--connect-to=127.0.0.1:${https}`, `https://${host}:${https}/small`]);
    const good = Number(/status codes: (\d+) 2xx/.exec(text)?.[1]);
    const durations = (await readFile(log, "utf8"))
      .split("\n")
      .map((line) => line.split("\t"))
      .filter(([, status]) => status === "200")
      .map(([, , micros]) => Number(micros) / 1000)
      .sort((a, b) => a - b);
    if (!/Application protocol: h2\b/.test(text) || !(good > 0)) throw new Error(`${name}, h2: ${text}`);
    const at = (part: number) => durations[Math.floor(durations.length * part)] ?? Number.NaN;
    const failed = Number(/(\d+) failed/.exec(text)?.[1]);
    return { requests: good, failed, perSecond: good / seconds, p50Ms: at(0.5), p99Ms: at(0.99) };
  };
}

function milliseconds(text: string): number {
  const [, value, unit = ""] = /^([\d.]+)(\w+)$/.exec(text) ?? [];
  const factor = { us: 0.001, ms: 1, s: 1_000, m: 60_000 }[unit] ?? Number.NaN;
  return Number(value) * factor;
}

import assert from "node:assert/strict";
import { PassThrough, Readable } from "node:stream";
import { after, before, suite, type TestContext, test } from "node:test";
import type { Dyno, DynoSpec } from "../../src/model/dyno.ts";
import type { DynoEvent, LogLine, RunIo, Scheduler } from "../../src/schedulers/scheduler.ts";

/** One implementation, and what to tell it so that its dynos do what a test needs. */
export interface SchedulerHarness {
  readonly scheduler: Scheduler;
  readonly image: string;
  /** Shell lines of dynos. */
  readonly commands: {
    /** Listens on PORT, or just waits where there is none, until it is stopped. */
    readonly staysUp: string;
    exits(code: number): string;
    prints(lines: readonly string[]): string;
    printsAndStaysUp(lines: readonly string[]): string;
  };
  /** Words of one-off processes. */
  readonly runs: {
    exits(code: number): readonly string[];
    readonly copiesInput: readonly string[];
    readonly waits: readonly string[];
  };
  dispose(): Promise<void>;
}

type Skips = Readonly<Record<string, string>>;

/** What every scheduler does. `skips`: name of a test -> why this one cannot. */
export function schedulerContract(name: string, create: () => Promise<SchedulerHarness>, skips: Skips = {}): void {
  suite(`Scheduler contract: ${name}`, { concurrency: 4 }, () => {
    let harness: SchedulerHarness;
    before(async () => {
      harness = await create();
    });
    after(() => harness.dispose());
    for (const [title, work] of Object.entries(contract)) {
      test(title, { skip: skips[title] ?? false }, (t) => work(harness, t));
    }
  });
}

let apps = 0;

export function dynoSpec(
  harness: Pick<SchedulerHarness, "image" | "commands">,
  spec: Partial<DynoSpec> = {},
): DynoSpec {
  return {
    app: `contract-${++apps}`,
    processType: "web",
    number: 1,
    release: 3,
    image: harness.image,
    command: harness.commands.staysUp,
    config: {},
    port: 5000,
    restartPolicy: "no",
    stopTimeoutSeconds: 5,
    ...spec,
  };
}

const contract: Record<string, (harness: SchedulerHarness, t: TestContext) => Promise<void>> = {
  "a started dyno is on the list with what identifies it": async (harness) => {
    const { scheduler } = harness;
    const spec = dynoSpec(harness, { number: 2 });
    const dyno = await scheduler.start(spec);
    const [listed, ...others] = await scheduler.list(spec.app);
    assert.deepEqual(others, []);
    assert.ok(listed);
    const { app, processType, number, release, image, port } = spec;
    const { createdAt, ...rest } = listed;
    const { createdAt: atStart, ...told } = dyno;
    assert.deepEqual(rest, told);
    assert.ok(Math.abs(createdAt - atStart) < 5_000);
    assert.deepEqual(rest, {
      ...{ app, processType, number, release, image, port },
      id: dyno.id,
      state: "running",
      address: dyno.address,
      exitCode: undefined,
      restarts: 0,
    });
    assert.match(dyno.address ?? "", /^\d+\.\d+\.\d+\.\d+$/);
    await scheduler.stop(dyno.id);
  },

  "the list is of all apps or of one": async (harness) => {
    const { scheduler } = harness;
    const one = await scheduler.start(dynoSpec(harness));
    const other = await scheduler.start(dynoSpec(harness));
    assert.deepEqual(ids(await scheduler.list(one.app)), [one.id]);
    const all = ids(await scheduler.list());
    assert.ok(all.includes(one.id) && all.includes(other.id));
    await Promise.all([scheduler.stop(one.id), scheduler.stop(other.id)]);
  },

  "two dynos have two addresses": async (harness) => {
    const { scheduler } = harness;
    const { app } = dynoSpec(harness);
    const dynos = await Promise.all([1, 2, 3].map((number) => scheduler.start(dynoSpec(harness, { app, number }))));
    assert.equal(new Set(dynos.map(({ address }) => address)).size, 3);
    await Promise.all(dynos.map(({ id }) => scheduler.stop(id)));
  },

  "a stopped dyno is gone": async (harness) => {
    const { scheduler } = harness;
    const dyno = await scheduler.start(dynoSpec(harness));
    await scheduler.stop(dyno.id);
    assert.deepEqual(await scheduler.list(dyno.app), []);
  },

  "stopping twice, at one time or later, or what never was is no error": async (harness) => {
    const { scheduler } = harness;
    const dyno = await scheduler.start(dynoSpec(harness));
    await Promise.all([scheduler.stop(dyno.id), scheduler.stop(dyno.id), scheduler.stop(dyno.id)]);
    assert.deepEqual(await scheduler.list(dyno.app), []);
    await scheduler.stop(dyno.id);
    await scheduler.stop("0".repeat(64));
  },

  "a dyno that ends by itself stays on the list with its exit code": async (harness) => {
    const { scheduler } = harness;
    const { id, app } = await scheduler.start(dynoSpec(harness, { command: harness.commands.exits(7) }));
    await until(async () => (await scheduler.list(app))[0]?.state === "exited");
    const [dyno] = await scheduler.list(app);
    assert.equal(dyno?.exitCode, 7);
    await scheduler.stop(id);
  },

  "a dyno that cannot be started leaves nothing behind": async (harness) => {
    const { scheduler } = harness;
    const spec = dynoSpec(harness, { image: "berth-test/missing:1" });
    await assert.rejects(scheduler.start(spec));
    assert.deepEqual(await scheduler.list(spec.app), []);
  },

  "a watch tells start, death and removal in order": async (harness, t) => {
    const { scheduler } = harness;
    const stop = new AbortController();
    t.after(() => stop.abort());
    const spec = dynoSpec(harness);
    const events = collect(await scheduler.watch(stop.signal), spec.app);
    const dyno = await scheduler.start(spec);
    await scheduler.stop(dyno.id);
    await until(() => events.some(({ type }) => type === "gone"));
    const types = ["started", "died", "gone"] as const;
    assert.deepEqual(
      events.map(({ exitCode, ...event }) => event),
      types.map((type) => ({ type, id: dyno.id, app: spec.app })),
    );
    assert.deepEqual(
      events.map(({ exitCode }) => typeof exitCode),
      ["undefined", "number", "undefined"],
    );
  },

  "a watch ends with its signal": async ({ scheduler }) => {
    const stop = new AbortController();
    const watching = await scheduler.watch(stop.signal);
    setTimeout(() => stop.abort(), 20);
    for await (const _ of watching);
  },

  "logs come line by line in their order": async (harness) => {
    const { scheduler } = harness;
    const printed = Array.from({ length: 50 }, (_, i) => `line ${i}`);
    const { id } = await scheduler.start(dynoSpec(harness, { command: harness.commands.prints(printed) }));
    const lines = await Array.fromAsync(scheduler.logs(id, { follow: true, lines: 100, signal: never }));
    assert.deepEqual(texts(lines), printed);
    assert.deepEqual(
      lines.map(({ time }) => time),
      lines.map(({ time }) => time).sort(),
    );
    for (const { time, stream } of lines) {
      assert.match(time, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z$/);
      assert.equal(stream, "stdout");
    }
    const last = await Array.fromAsync(scheduler.logs(id, { follow: false, lines: 2, signal: never }));
    assert.deepEqual(texts(last), printed.slice(-2));
    for (const follow of [false, true]) {
      const options = { follow, lines: 100, signal: never };
      const after = await Array.fromAsync(scheduler.logs(id, { ...options, after: lines[44]?.time ?? "" }));
      assert.deepEqual(texts(after), printed.slice(45));
      const later = await Array.fromAsync(scheduler.logs(id, { ...options, after: lines[49]?.time ?? "" }));
      assert.deepEqual(later, []);
    }
    await scheduler.stop(id);
  },

  "a dyno that is not there has no lines": async ({ scheduler }) => {
    for (const follow of [false, true]) {
      const options = { follow, lines: 10, signal: never };
      assert.deepEqual(await Array.fromAsync(scheduler.logs("0".repeat(64), options)), []);
    }
  },

  "following logs ends with the dyno": async (harness) => {
    const { scheduler } = harness;
    const { id } = await scheduler.start(dynoSpec(harness, { command: harness.commands.printsAndStaysUp(["up"]) }));
    const lines: string[] = [];
    const followed = (async () => {
      for await (const { text } of scheduler.logs(id, { follow: true, lines: 10, signal: never })) lines.push(text);
    })();
    await until(() => lines.includes("up"));
    await scheduler.stop(id);
    await followed;
  },

  "following logs ends with the signal": async (harness) => {
    const { scheduler } = harness;
    const stop = new AbortController();
    const { id } = await scheduler.start(dynoSpec(harness, { command: harness.commands.printsAndStaysUp(["up"]) }));
    for await (const _ of scheduler.logs(id, { follow: true, lines: 10, signal: stop.signal })) stop.abort();
    await scheduler.stop(id);
  },

  "it tells where a dyno listens": async (harness) => {
    const { scheduler } = harness;
    const { id } = await scheduler.start(dynoSpec(harness, { port: 5123 }));
    await until(async () => (await scheduler.listeners(id)).length > 0);
    assert.deepEqual(await scheduler.listeners(id), [{ address: "0.0.0.0", port: 5123 }]);
    await scheduler.stop(id);
    assert.deepEqual(await scheduler.listeners(id), []);
  },

  "a one-off process gives its exit code": async (harness) => {
    const { io } = runIo("");
    assert.equal(await harness.scheduler.attach(runSpec(harness, harness.runs.exits(42)), io), 42);
  },

  "a one-off process reads its input to the end and is heard": async (harness) => {
    const { io, stdout } = runIo("one\ntwo\n");
    assert.equal(await harness.scheduler.attach(runSpec(harness, harness.runs.copiesInput), io), 0);
    assert.equal(stdout(), "one\ntwo\n");
  },

  "a one-off process is no dyno": async (harness) => {
    const { scheduler } = harness;
    const stop = new AbortController();
    const { io, stdout, stdin } = runIo(undefined, stop.signal);
    const spec = runSpec(harness, harness.runs.copiesInput);
    const code = scheduler.attach(spec, io);
    stdin.write("here\n");
    await until(() => stdout() === "here\n");
    assert.deepEqual(await scheduler.list(spec.app), []);
    stdin.end();
    assert.equal(await code, 0);
  },

  "a caller who goes ends the one-off process": async (harness) => {
    const stop = new AbortController();
    const { io } = runIo(undefined, stop.signal);
    const reason = new Error("the caller has gone");
    const attached = harness.scheduler.attach(runSpec(harness, harness.runs.waits), io);
    setTimeout(() => stop.abort(reason), 50);
    await assert.rejects(attached, reason);
  },
};

export const never: AbortSignal = new AbortController().signal;

export function runSpec(harness: Pick<SchedulerHarness, "image">, command: readonly string[]) {
  return { app: `contract-${++apps}`, release: 1, image: harness.image, command, config: {}, stopTimeoutSeconds: 2 };
}

/** Streams for a one-off process. Without `input`, stdin stays open. */
export function runIo(input?: string, signal: AbortSignal = never) {
  const stdin = new PassThrough();
  if (input !== undefined) Readable.from([input]).pipe(stdin);
  const [stdout, stderr] = [new PassThrough(), new PassThrough()];
  const [out, err] = [stdout, stderr].map((stream) => {
    const chunks: string[] = [];
    stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk));
    return () => chunks.join("");
  }) as [() => string, () => string];
  const io: RunIo = { stdin, stdout, stderr, terminal: undefined, signal };
  return { io, stdin, stdout: out, stderr: err };
}

/** Waits for something that comes by itself, and fails when it does not. */
export async function until(holds: () => boolean | Promise<boolean>, limitMs = 15_000): Promise<void> {
  const end = Date.now() + limitMs;
  while (!(await holds())) {
    assert.ok(Date.now() < end, "it did not happen in time");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function collect(events: AsyncIterable<DynoEvent>, app: string): DynoEvent[] {
  const seen: DynoEvent[] = [];
  void (async () => {
    for await (const event of events) if (event.app === app) seen.push(event);
  })();
  return seen;
}

function ids(dynos: readonly Dyno[]): string[] {
  return dynos.map(({ id }) => id);
}

function texts(lines: readonly LogLine[]): string[] {
  return lines.map(({ text }) => text);
}

import { createServer, type Server } from "node:http";
import { type Dyno, type DynoSpec, dynoName } from "../../src/model/dyno.ts";
import type {
  DynoEvent,
  Listener,
  LogLine,
  LogOptions,
  RunIo,
  RunSpec,
  Scheduler,
} from "../../src/schedulers/scheduler.ts";

/** What a fake dyno does once it is started. Nothing said: it listens on its PORT where it has one, and stays up. */
export interface FakeBehaviour {
  /** On which port it listens; `false` never. Default: the spec's. */
  readonly listens?: number | false;
  /** How long until it listens. */
  readonly listensAfterMs?: number;
  /** It ends by itself, with this code, after `exitsAfterMs` (default at once). */
  readonly exitCode?: number;
  readonly exitsAfterMs?: number;
  /** What it prints at its start. */
  readonly prints?: readonly string[];
  /** `start` throws this and leaves nothing behind. */
  readonly failsToStart?: Error;
  /** How long `start` and `stop` take. */
  readonly startMs?: number;
  readonly stopMs?: number;
}

export type FakeMatch = Partial<Pick<DynoSpec, "app" | "processType" | "number" | "release" | "command" | "image">>;

interface FakeDyno {
  dyno: Dyno;
  readonly spec: DynoSpec;
  readonly behaviour: FakeBehaviour;
  readonly timers: Set<NodeJS.Timeout>;
  readonly lines: LogLine[];
  server: Server | undefined;
  listening: Listener | undefined;
}

/**
 * Dynos without containers. Each gets an own loopback address and, when it listens, a real HTTP server there that answers
 * with `APP web.1 vN`: health checks and routers work on it unchanged. `dispose` closes everything.
 */
export class FakeScheduler implements Scheduler {
  /** Every spec handed to `start`, and every id handed to `stop`, in order. */
  readonly started: DynoSpec[] = [];
  readonly stopped: string[] = [];
  readonly runs: RunSpec[] = [];
  readonly #dynos = new Map<string, FakeDyno>();
  readonly #scripts: { match: FakeMatch; behaviour: FakeBehaviour }[] = [];
  readonly #watchers = new Set<(event: DynoEvent) => void>();
  readonly #logWatchers = new Set<() => void>();
  #run: (spec: RunSpec, io: RunIo) => Promise<number> = async () => 0;
  // Other test processes run beside this one: a random start keeps their loopback addresses apart.
  #nextAddress = Math.floor(Math.random() * 0xffff00) + 256;
  #nextId = 1;
  #clock = Date.now();

  /** Dynos started from now on that fit `match` behave so. The latest script that fits wins. */
  script(match: FakeMatch, behaviour: FakeBehaviour): void {
    this.#scripts.unshift({ match, behaviour });
  }

  /** What one-off processes do. Default: exit code 0 at once. */
  scriptRuns(run: (spec: RunSpec, io: RunIo) => Promise<number>): void {
    this.#run = run;
  }

  /** The dyno's process ends now. */
  exit(id: string, code: number): void {
    const fake = this.#dynos.get(id);
    if (fake) this.#end(fake, code);
  }

  /** Somebody stops it by hand: the engine leaves it so, whatever its restart policy. */
  end(id: string, code: number): void {
    const fake = this.#dynos.get(id);
    if (fake) this.#end(fake, code, "no");
  }

  /** The engine starts it again, as it does some time after `exit`. */
  restart(id: string): void {
    const fake = this.#dynos.get(id);
    if (!fake) return;
    fake.dyno = { ...fake.dyno, state: "running" };
    this.#emit({ type: "started", id, app: fake.dyno.app });
  }

  /** The container vanishes as with `docker rm -f`. */
  vanish(id: string): void {
    const fake = this.#dynos.get(id);
    if (!fake) return;
    this.#quiet(fake);
    this.#dynos.delete(id);
    this.#emit({ type: "gone", id, app: fake.dyno.app });
  }

  /** The dyno prints a line now. */
  print(id: string, text: string, stream: LogLine["stream"] = "stdout"): void {
    const fake = this.#dynos.get(id);
    if (fake) this.#print(fake, text, stream);
  }

  /** Never the same twice: lines are told apart by their time. */
  #tick(): number {
    this.#clock = Math.max(this.#clock + 1, Date.now());
    return this.#clock;
  }

  async dispose(): Promise<void> {
    for (const fake of this.#dynos.values()) this.#quiet(fake);
    this.#dynos.clear();
    for (const wake of [...this.#logWatchers]) wake();
  }

  async list(app?: string): Promise<Dyno[]> {
    return [...this.#dynos.values()].map(({ dyno }) => dyno).filter((dyno) => app === undefined || dyno.app === app);
  }

  async start(spec: DynoSpec): Promise<Dyno> {
    this.started.push(spec);
    const behaviour = this.#scripts.find(({ match }) => fits(spec, match))?.behaviour ?? {};
    if (behaviour.startMs) await delay(behaviour.startMs);
    if (behaviour.failsToStart) throw behaviour.failsToStart;
    const fake: FakeDyno = {
      dyno: this.#newDyno(spec),
      spec,
      behaviour,
      timers: new Set(),
      lines: [],
      server: undefined,
      listening: undefined,
    };
    this.#dynos.set(fake.dyno.id, fake);
    this.#emit({ type: "started", id: fake.dyno.id, app: spec.app });
    await this.#behave(fake);
    return fake.dyno;
  }

  async stop(id: string): Promise<void> {
    this.stopped.push(id);
    const fake = this.#dynos.get(id);
    if (!fake) return;
    if (fake.behaviour.stopMs) await delay(fake.behaviour.stopMs);
    if (!this.#dynos.has(id)) return;
    if (fake.dyno.state !== "exited") this.#end(fake, 143, "no");
    this.vanish(id);
  }

  async watch(signal: AbortSignal): Promise<AsyncIterable<DynoEvent>> {
    const queue: DynoEvent[] = [];
    let wake = (): void => {};
    const watcher = (event: DynoEvent): void => {
      queue.push(event);
      wake();
    };
    this.#watchers.add(watcher);
    signal.addEventListener("abort", () => {
      this.#watchers.delete(watcher);
      wake();
    });
    return (async function* () {
      while (!signal.aborted) {
        const event = queue.shift();
        if (event) yield event;
        else
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
      }
    })();
  }

  async attach(spec: RunSpec, io: RunIo): Promise<number> {
    this.runs.push(spec);
    io.signal.throwIfAborted();
    return await this.#run(spec, io);
  }

  async *logs(id: string, options: LogOptions): AsyncIterable<LogLine> {
    const fake = this.#dynos.get(id);
    if (!fake) return;
    const { after } = options;
    let next = Math.max(0, fake.lines.length - options.lines);
    if (after !== undefined) next = Math.max(next, fake.lines.filter((line) => line.time <= after).length);
    while (!options.signal.aborted) {
      const line = fake.lines[next];
      if (line) {
        next++;
        yield line;
      } else if (!options.follow || !this.#dynos.has(id) || fake.dyno.state === "exited") return;
      else await this.#logChange(options.signal);
    }
  }

  async listeners(id: string): Promise<Listener[]> {
    const listening = this.#dynos.get(id)?.listening;
    return listening ? [listening] : [];
  }

  #newDyno(spec: DynoSpec): Dyno {
    const n = this.#nextAddress++;
    return {
      app: spec.app,
      processType: spec.processType,
      number: spec.number,
      release: spec.release,
      id: (this.#nextId++).toString(16).padStart(64, "0"),
      state: "running",
      address: `127.${(n >> 16) & 255}.${(n >> 8) & 255}.${n & 255}`,
      port: spec.port,
      exitCode: undefined,
      restarts: 0,
      image: spec.image,
      createdAt: this.#tick(),
    };
  }

  async #behave(fake: FakeDyno): Promise<void> {
    const { behaviour, spec } = fake;
    for (const text of behaviour.prints ?? []) this.#print(fake, text, "stdout");
    const port = behaviour.listens ?? spec.port;
    if (port !== undefined && port !== false) {
      if (behaviour.listensAfterMs) this.#later(fake, behaviour.listensAfterMs, () => void this.#listen(fake, port));
      else if (behaviour.exitCode === undefined || behaviour.exitsAfterMs) await this.#listen(fake, port);
    }
    const { exitCode } = behaviour;
    if (exitCode !== undefined) this.#later(fake, behaviour.exitsAfterMs ?? 0, () => this.#end(fake, exitCode));
  }

  async #listen(fake: FakeDyno, port: number): Promise<void> {
    const address = fake.dyno.address as string;
    const text = `${fake.dyno.app} ${dynoName(fake.dyno)} v${fake.dyno.release}\n`;
    const server = createServer((_request, response) => response.end(text));
    server.on("error", () => {});
    fake.server = server;
    await new Promise<void>((resolve, reject) => {
      server.once("error", reject).listen(port, address, resolve);
    });
    server.unref();
    if (fake.dyno.state === "running" && this.#dynos.has(fake.dyno.id)) fake.listening = { address: "0.0.0.0", port };
    else this.#quiet(fake);
  }

  #later(fake: FakeDyno, ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      fake.timers.delete(timer);
      work();
    }, ms);
    fake.timers.add(timer);
  }

  #print(fake: FakeDyno, text: string, stream: LogLine["stream"]): void {
    fake.lines.push({ time: `${new Date(this.#tick()).toISOString().slice(0, -1)}000000Z`, stream, text });
    for (const wake of [...this.#logWatchers]) wake();
  }

  #end(fake: FakeDyno, exitCode: number, policy: string = fake.spec.restartPolicy): void {
    if (!this.#dynos.has(fake.dyno.id)) return;
    this.#quiet(fake);
    const restarts = policy !== "no" && !(policy.startsWith("on-failure") && exitCode === 0);
    fake.dyno = restarts
      ? { ...fake.dyno, state: "starting", exitCode, restarts: fake.dyno.restarts + 1 }
      : { ...fake.dyno, state: "exited", exitCode };
    this.#emit({ type: "died", id: fake.dyno.id, app: fake.dyno.app, exitCode });
  }

  #quiet(fake: FakeDyno): void {
    for (const timer of fake.timers) clearTimeout(timer);
    fake.timers.clear();
    fake.listening = undefined;
    fake.server?.close();
    fake.server?.closeAllConnections();
    for (const wake of [...this.#logWatchers]) wake();
  }

  #emit(event: DynoEvent): void {
    for (const watcher of this.#watchers) watcher(event);
  }

  #logChange(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#logWatchers.delete(done);
        signal.removeEventListener("abort", done);
        resolve();
      };
      this.#logWatchers.add(done);
      signal.addEventListener("abort", done);
    });
  }
}

function fits(spec: DynoSpec, match: FakeMatch): boolean {
  return Object.entries(match).every(([key, value]) => spec[key as keyof FakeMatch] === value);
}

function delay(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

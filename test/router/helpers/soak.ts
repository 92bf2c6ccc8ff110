import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, type IncomingMessage, type RequestListener, request } from "node:http";
import { setTimeout as delay } from "node:timers/promises";
import { WebSocket, WebSocketServer } from "ws";
import type { AppRoutes, Target } from "../../../src/model/route.ts";
import type { RouteServer } from "../../../src/routing/route-server.ts";
import { type CleanUp, cleanUp } from "./clean-up.ts";
import { ask } from "./client.ts";
import { startDyno } from "./dyno.ts";
import { startRouteServer, startWorker, type TestWorker, temporaryFolder } from "./worker.ts";

export interface Soaked {
  readonly changes: number;
  /** Exchanges that ended as they should, by kind. */
  readonly right: Readonly<Record<string, number>>;
  readonly wrong: readonly string[];
  readonly before: Footprint;
  readonly after: Footprint;
}

/** Of the worker at rest. */
export interface Footprint {
  readonly bytes: number;
  readonly descriptors: number;
}

const apps = ["red", "green", "blue"];
const clientsOfAKind = 2;
const changesPerSecond = 50;
const big = Buffer.alloc(1024 * 1024, "b");
// What the collector and the pools may keep, on top of the start.
export const allowedGrowth: Footprint = { bytes: 6 * 1024 * 1024, descriptors: 4 };

/** Mixed traffic through one worker for so long, after a first round that loads what is loaded once. */
export async function soak(t: CleanUp, seconds: number): Promise<Soaked> {
  const folder = await temporaryFolder(t);
  const routes = await startRouteServer(t, folder);
  const targets = new Map<string, Target[]>();
  for (const app of apps) targets.set(app, [await startSoakDyno(t, app), await startSoakDyno(t, app)]);
  await routes.replace(apps.map((app) => routesOf(app, targets, 0)));
  const worker = await startWorker(t, { folder });
  await routes.settled(() => [worker.child.pid]);
  await new Traffic(worker.port).run(1_500);
  const before = await atRest(worker, undefined);
  const traffic = new Traffic(worker.port);
  const stop = new AbortController();
  const changing = changeRoutes(routes, targets, stop.signal);
  await traffic.run(seconds * 1_000);
  stop.abort();
  const changes = await changing;
  await routes.replace(apps.map((app) => routesOf(app, targets, 0)));
  return { changes, right: traffic.right, wrong: traffic.wrong, before, after: await atRest(worker, before) };
}

/** Once connections that are kept for a while are closed. */
async function atRest(worker: TestWorker, start: Footprint | undefined): Promise<Footprint> {
  for (let tries = 0; ; tries++) {
    await delay(2_000);
    const found = { bytes: await worker.memory(), descriptors: await worker.descriptors() };
    if (start === undefined || tries === 10) return found;
    const grown = found.bytes - start.bytes > allowedGrowth.bytes;
    if (!grown && found.descriptors - start.descriptors <= allowedGrowth.descriptors) return found;
  }
}

/** Each step is another set of the app's two dynos, and of its second hosts. */
function routesOf(app: string, targets: ReadonlyMap<string, readonly Target[]>, step: number): AppRoutes {
  const [one, two] = targets.get(app) as [Target, Target];
  const chosen = [[one, two], [one], [two]][step % 3] as Target[];
  return { app, hosts: [`${app}.test`, `${app}-${step % 100}.test`], targets: chosen, release: step };
}

async function changeRoutes(
  routes: RouteServer,
  targets: ReadonlyMap<string, readonly Target[]>,
  signal: AbortSignal,
): Promise<number> {
  const passing: AppRoutes = { app: "passing", hosts: ["passing.test"], targets: [], release: 1 };
  let step = 0;
  for (const start = performance.now(); !signal.aborted; step++) {
    const app = apps[step % apps.length] as string;
    const change = step % 7 < 5 ? routes.publish(routesOf(app, targets, step)) : pass(routes, passing, step);
    await Promise.race([change, delay(1_000)]);
    // By the clock, however long one of them takes.
    await delay(Math.max(0, start + ((step + 1) * 1_000) / changesPerSecond - performance.now()));
  }
  return step;
}

function pass(routes: RouteServer, app: AppRoutes, step: number): Promise<void> {
  return step % 2 === 0 ? routes.publish(app) : routes.withdraw(app.app);
}

async function startSoakDyno(t: CleanUp, app: string): Promise<Target> {
  const dyno = await startDyno(t, answerAs(app));
  const sockets = new WebSocketServer({ server: dyno.server });
  sockets.on("connection", (socket) => {
    socket.on("error", () => undefined);
    socket.on("message", (data) => socket.send(`${app} ${String(data)}`));
  });
  cleanUp(t, () => sockets.close());
  return dyno.target;
}

function answerAs(app: string): RequestListener {
  return async (incoming, response) => {
    response.on("error", () => undefined);
    const path = incoming.url ?? "";
    if (path.startsWith("/events")) return sendEvents(response);
    if (path.startsWith("/slow")) await delay(200);
    if (path.startsWith("/big")) return void response.end(big);
    const hash = createHash("sha1");
    incoming.on("error", () => undefined);
    incoming.on("data", (chunk) => hash.update(chunk));
    incoming.on("end", () => response.end(`${app} ${path} ${hash.digest("hex")}`));
  };
}

async function sendEvents(response: Parameters<RequestListener>[1]): Promise<void> {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (let i = 1; !response.destroyed; i++) {
    response.write(`data: ${i}\n\n`);
    await delay(10);
  }
}

/** Clients of all kinds, each in a loop of its own. What they get must be right, whatever the routes are. */
class Traffic {
  readonly right: Record<string, number> = {};
  readonly wrong: string[] = [];
  readonly #port: number;
  readonly #kept = new Agent({ keepAlive: true });
  #until = 0;

  constructor(port: number) {
    this.#port = port;
  }

  async run(ms: number): Promise<void> {
    this.#until = performance.now() + ms;
    const kinds: Record<string, (app: string, turn: number) => Promise<void>> = {
      kept: (app, turn) => this.#get(app, `/kept/${turn}`, this.#kept),
      "new connection": (app, turn) => this.#get(app, `/new/${turn}`, false),
      upload: (app, turn) => this.#upload(app, `/upload/${turn}`),
      "1 MiB": (app) => this.#big(app),
      events: (app) => this.#events(app),
      websocket: (app, turn) => this.#webSocket(app, turn),
      "client gone": (app, turn) => this.#leave(app, turn),
      "unknown host": () => this.#unknown(),
    };
    const clients = Object.entries(kinds).flatMap(([kind, work]) =>
      Array.from({ length: clientsOfAKind }, (_, number) => this.#client(kind, work, number)),
    );
    await Promise.all(clients);
    this.#kept.destroy();
  }

  async #client(kind: string, work: (app: string, turn: number) => Promise<void>, number: number): Promise<void> {
    for (let turn = number; performance.now() < this.#until; turn++) {
      try {
        await inTime(work(apps[turn % apps.length] as string, turn));
        this.right[kind] = (this.right[kind] ?? 0) + 1;
      } catch (error) {
        this.wrong.push(`${kind}: ${error}`);
      }
      await delay(1);
    }
  }

  async #get(app: string, path: string, agent: Agent | false): Promise<void> {
    const { status, body } = await ask(this.#port, { host: `${app}.test`, path, agent });
    expect(`${status} ${body}`, `200 ${app} ${path} ${createHash("sha1").digest("hex")}`);
  }

  async #upload(app: string, path: string): Promise<void> {
    const sent = randomBytes(1 + Math.floor(Math.random() * 200_000)).toString("hex");
    const headers: Record<string, string> = Math.random() < 0.5 ? { "transfer-encoding": "chunked" } : {};
    const { status, body } = await ask(this.#port, { host: `${app}.test`, path, method: "POST", headers, body: sent });
    expect(`${status} ${body}`, `200 ${app} ${path} ${createHash("sha1").update(sent).digest("hex")}`);
  }

  async #big(app: string): Promise<void> {
    const { status, body } = await ask(this.#port, { host: `${app}.test`, path: "/big" });
    expect(`${status} ${body.length}`, `200 ${big.length}`);
  }

  async #events(app: string): Promise<void> {
    const sent = request({ agent: false, port: this.#port, path: "/events", headers: { host: `${app}.test` } }).end();
    const [answer] = (await once(sent, "response")) as [IncomingMessage];
    answer.on("error", () => undefined);
    let text = "";
    for await (const chunk of answer) {
      text += chunk;
      if (text.length > 100) break;
    }
    sent.destroy();
    const numbers = [...text.matchAll(/data: (\d+)\n\n/g)].map((match) => Number(match[1]));
    expect(numbers.join(), numbers.map((_, index) => index + 1).join());
  }

  async #webSocket(app: string, turn: number): Promise<void> {
    const socket = new WebSocket(`ws://127.0.0.1:${this.#port}/`, { headers: { host: `${app}.test` } });
    await once(socket, "open");
    for (let i = 0; i < 3; i++) {
      const answer = once(socket, "message");
      socket.send(`${turn}.${i}`);
      expect(String((await answer)[0]), `${app} ${turn}.${i}`);
    }
    const closed = once(socket, "close");
    if (turn % 2 === 0) socket.close();
    else socket.terminate();
    await closed;
  }

  /** In the middle of an answer, of a wait, or of an upload. */
  async #leave(app: string, turn: number): Promise<void> {
    const path = ["/big", "/slow", "/upload"][turn % 3] as string;
    const method = path === "/upload" ? "POST" : "GET";
    const headers = { host: `${app}.test`, ...(method === "POST" ? { "content-length": "1000000" } : {}) };
    const sent = request({ agent: false, port: this.#port, path, method, headers });
    sent.on("error", () => undefined);
    const closed = new Promise((resolve) => sent.once("close", resolve));
    if (method === "POST") sent.write(randomBytes(5_000));
    else sent.end();
    await delay(5 + Math.random() * 20);
    sent.destroy();
    await closed;
  }

  async #unknown(): Promise<void> {
    expect(String((await ask(this.#port, { host: "nobody.test" })).status), "404");
  }
}

async function inTime(work: Promise<void>): Promise<void> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => reject(new Error("no end")), 20_000);
  try {
    await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

function expect(found: string, wanted: string): void {
  if (found !== wanted) throw new Error(`${found.slice(0, 300)} instead of ${wanted}`);
}

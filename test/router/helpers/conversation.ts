import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { after, before, suite, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import type { CleanUp } from "./clean-up.ts";
import { routesTo, startRawDyno } from "./dyno.ts";
import { startWorker, type WorkerSetup } from "./worker.ts";

/** Bytes in latin1; several pieces are sent a moment apart. */
type Bytes = string | readonly string[];

/** One exchange, byte for byte: what a client sends, what the dyno sees of it and answers, what the client gets. */
export interface Conversation {
  readonly name: string;
  readonly send: Bytes;
  /** The client ends its side after that, and reads on. */
  readonly halfClose?: boolean;
  /** All that reached the dyno, in the order it came; `nothing` where none of it may. */
  readonly sees?: RegExp | "nothing";
  /** To each request, as soon as it is whole. */
  readonly answer?: Bytes;
  /** What the dyno does after its answer. */
  readonly ends?: "end" | "reset";
  /** All that the client got until its connection was closed. */
  readonly gets: RegExp;
  /** The client can tell that the answer broke off. */
  readonly reset?: boolean;
  /** Whether the next request goes over the same connection to the dyno. */
  readonly keeps?: boolean;
}

const ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const again = "GET /again HTTP/1.1\r\nHost: app.test\r\nConnection: close\r\n\r\n";

/** A worker and its one dyno, which take part in one conversation after another. */
export class Stage {
  readonly #port: number;
  readonly #dyno: ScriptedDyno;

  private constructor(port: number, dyno: ScriptedDyno) {
    this.#port = port;
    this.#dyno = dyno;
  }

  static async set(t: CleanUp, limits: NonNullable<WorkerSetup["limits"]> = {}): Promise<Stage> {
    const dyno = new ScriptedDyno();
    const { target } = await startRawDyno(t, (socket) => dyno.serve(socket));
    const worker = await startWorker(t, { apps: [routesTo([target])], limits });
    return new Stage(worker.port, dyno);
  }

  async play(conversation: Conversation): Promise<void> {
    const { send, halfClose, sees, gets, reset, keeps } = conversation;
    this.#dyno.begin(conversation);
    const got = await this.#client(send, halfClose === true);
    assert.match(got.text, gets);
    if (sees === "nothing") assert.equal(this.#dyno.seen, "");
    else if (sees !== undefined) assert.match(this.#dyno.seen, sees);
    if (reset !== undefined) assert.equal(got.reset, reset, "whether the client sees a reset");
    if (keeps === undefined) return;
    assert.match((await this.#client(again, false)).text, /^HTTP\/1.1 200 OK/);
    assert.equal(this.#dyno.connections, keeps ? 1 : 2, "connections to the dyno");
  }

  async #client(send: Bytes, halfClose: boolean): Promise<{ text: string; reset: boolean }> {
    const socket = connect({ port: this.#port, host: "127.0.0.1", allowHalfOpen: true });
    let text = "";
    let reset = false;
    socket.on("data", (chunk) => {
      text += chunk.toString("latin1");
    });
    socket.on("end", () => socket.end());
    socket.on("error", () => {
      reset = true;
    });
    const closed = new Promise((resolve) => socket.once("close", resolve));
    await once(socket, "connect");
    await writeAll(socket, send);
    if (halfClose) socket.end();
    await closed;
    return { text, reset };
  }
}

class ScriptedDyno {
  seen = "";
  connections = 0;
  readonly #sockets = new Set<Socket>();
  #answer: Bytes = ok;
  #ends: Conversation["ends"];

  begin({ answer = ok, ends }: Conversation): void {
    for (const socket of this.#sockets) socket.destroy();
    this.seen = "";
    this.connections = 0;
    this.#answer = answer;
    this.#ends = ends;
  }

  serve(socket: Socket): void {
    this.connections += 1;
    this.#sockets.add(socket);
    socket.once("close", () => this.#sockets.delete(socket));
    let request = "";
    socket.on("data", (chunk) => {
      request += chunk.toString("latin1");
      if (!isWhole(request)) return;
      const isAgain = request.startsWith("GET /again ");
      if (!isAgain) this.seen += request;
      request = "";
      if (isAgain) socket.write(ok);
      else void this.#reply(socket);
    });
  }

  async #reply(socket: Socket): Promise<void> {
    await writeAll(socket, this.#answer);
    // What it has sent must be there before the connection breaks.
    if (this.#ends === "reset") await delay(50).then(() => socket.resetAndDestroy());
    if (this.#ends === "end") socket.end();
  }
}

async function writeAll(socket: Socket, bytes: Bytes): Promise<void> {
  const [first = "", ...more] = typeof bytes === "string" ? [bytes] : bytes;
  if (socket.writable) socket.write(first, "latin1");
  for (const piece of more) {
    await delay(10);
    if (socket.writable) socket.write(piece, "latin1");
  }
}

/** Of one request; the router sends one after the other. */
function isWhole(request: string): boolean {
  const end = request.indexOf("\r\n\r\n");
  if (end < 0) return false;
  const head = request.slice(0, end);
  const body = request.slice(end + 4);
  if (/^transfer-encoding: chunked$/im.test(head)) return /(?:^|\r\n)0\r\n(?:[^\r\n]+\r\n)*\r\n$/.test(body);
  return body.length >= Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
}

/** A test for each, on one stage. */
export function playAll(title: string, conversations: readonly Conversation[]): void {
  suite(title, () => {
    let stage: Stage;
    let clear: () => unknown = () => undefined;
    before(async () => {
      stage = await Stage.set({
        after: (work) => {
          clear = work as () => unknown;
        },
      });
    });
    after(() => clear());
    for (const conversation of conversations) test(conversation.name, () => stage.play(conversation));
  });
}

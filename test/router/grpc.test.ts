import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { createServer, type ServerHttp2Session } from "node:http2";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import type { AppRoutes, Target } from "../../src/model/route.ts";
import { frameFlag, frameType } from "../../src/router/http2/frames.ts";
import { runOk } from "../helpers/berth.ts";
import { clientsFolder, pythonClients } from "../helpers/clients.ts";
import { Authority } from "../helpers/openssl.ts";
import { type CleanUp, cleanUp } from "./helpers/clean-up.ts";
import { ask } from "./helpers/client.ts";
import { deadTarget, routesTo, startDyno, startRawDyno } from "./helpers/dyno.ts";
import { FrameClient, post } from "./helpers/frames.ts";
import { askHttp2, http2Session, secured, tlsEntries } from "./helpers/tls.ts";
import { startWorker, temporaryFolder, type WorkerSetup } from "./helpers/worker.ts";

interface Called {
  readonly call: string;
  readonly result?: unknown;
  readonly code?: string;
  readonly details?: string;
}

class GrpcServer {
  readonly target: Target;
  readonly #lines: string[];
  readonly #child: ChildProcess;

  private constructor(child: ChildProcess, lines: string[]) {
    this.#child = child;
    this.#lines = lines;
    this.target = { id: `grpc-${lines[0]}`, dyno: "web.1", address: "127.0.0.1", port: Number(lines[0]) };
  }

  static async start(t: CleanUp): Promise<GrpcServer> {
    const script = join(clientsFolder, "grpc_server.py");
    const child = spawn(await pythonClients(), [script, "127.0.0.1", "0"], { stdio: ["ignore", "pipe", "inherit"] });
    const ended = once(child, "exit");
    cleanUp(t, async () => {
      child.kill("SIGKILL");
      await ended;
    });
    const lines: string[] = [];
    const output = createInterface({ input: child.stdout as NodeJS.ReadableStream });
    output.on("line", (line) => lines.push(line));
    await once(output, "line");
    return new GrpcServer(child, lines);
  }

  /** Resolves once it has printed that. */
  async said(line: string): Promise<void> {
    while (!this.#lines.includes(line)) await once(this.#child.stdout as NodeJS.ReadableStream, "data");
  }
}

/** A worker whose certificate clients can check. */
async function startSecure(t: CleanUp, routes: AppRoutes, setup: WorkerSetup = {}) {
  const folder = await temporaryFolder(t);
  const authority = new Authority(folder);
  const root = await authority.issue("root of the test");
  const { crt, key } = await authority.issue("app.test", ["app.test"], root);
  const own = { kind: "certificate", id: "own", names: ["app.test"], chain: crt, key } as const;
  const ca = join(folder, "ca.pem");
  await writeFile(ca, root.crt);
  const https = await freePort("127.0.0.1");
  const worker = await startWorker(t, {
    https,
    entries: [...tlsEntries(), own],
    apps: [secured({ ...routes, backend: "h2c" }, [own])],
    ...setup,
  });
  const call = async (...calls: string[]): Promise<Called[]> => {
    const script = join(clientsFolder, "grpc_client.py");
    const output = await runOk(await pythonClients(), [script, `127.0.0.1:${https}`, "app.test", ca, ...calls]);
    return output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Called);
  };
  return { worker, https, call };
}

suite("gRPC", () => {
  test("passes the four kinds of calls, metadata, errors and deadlines", async (t) => {
    const server = await GrpcServer.start(t);
    const { call } = await startSecure(t, routesTo([server.target]));
    const names = ["say", "stream", "collect", "chat", "fail", "unknown", "metadata", "deadline"];
    const [say, stream, collect, chat, fail, unknown, metadata, deadline] = await call(...names);
    assert.deepEqual(say?.result, ["hello!", "5"]);
    assert.deepEqual(stream?.result, ["0", "1", "2", "3", "4"]);
    assert.equal(collect?.result, "a,b,c");
    assert.deepEqual(chat?.result, ["0?", "1?", "2?", "3?", "4?"]);
    assert.deepEqual([fail?.code, fail?.details], ["NOT_FOUND", "no such thing"]);
    assert.equal(unknown?.code, "UNIMPLEMENTED");
    assert.match(String(metadata?.result), /^x-forwarded-for: 127\.0\.0\.1$/m);
    assert.match(String(metadata?.result), /^x-forwarded-proto: https$/m);
    assert.equal(deadline?.code, "DEADLINE_EXCEEDED");
    await server.said("cancelled");
  });

  test("passes without TLS too", async (t) => {
    const server = await GrpcServer.start(t);
    const { worker, call } = await startSecure(t, routesTo([server.target]));
    const script = join(clientsFolder, "grpc_client.py");
    const calls = ["say", "stream", "collect", "chat", "large", "many"];
    const output = await runOk(await pythonClients(), [script, `127.0.0.1:${worker.port}`, "app.test", "-", ...calls]);
    assert.deepEqual(
      output
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line)),
      await call(...calls),
    );
    const ended = once(worker.child, "exit");
    worker.child.kill("SIGTERM");
    assert.equal((await ended)[0], 0);
  });

  test("tells the server that the client has cancelled", async (t) => {
    const server = await GrpcServer.start(t);
    const { call, worker } = await startSecure(t, routesTo([server.target]));
    assert.deepEqual(await call("cancel"), [{ call: "cancel", result: true }]);
    await server.said("cancelled");
    await worker.logged(/code=H27 .* path="\/test\.Echo\/Slow" .* status=499/);
  });

  test("carries large messages in both directions, and many calls at once", async (t) => {
    const server = await GrpcServer.start(t);
    const { call } = await startSecure(t, routesTo([server.target]));
    const [large, many] = await call("large", "many");
    assert.deepEqual(large?.result, Array(8).fill(1_000_001));
    assert.equal(many?.result, 500);
  });

  test("tells why a call has failed, in words that its client shows", async (t) => {
    const { call } = await startSecure(t, routesTo([await deadTarget()]));
    const [refused] = await call("say");
    assert.equal(refused?.code, "UNAVAILABLE");
    assert.match(refused?.details ?? "", /^Backend connection refused \(H21\): This app's web process does not accept/);
  });

  test("names a server that speaks HTTP/1.1, one that says nothing, and one that hangs up", async (t) => {
    const plain = await startDyno(t, (_request, response) => response.end());
    const silent = await startRawDyno(t, (socket) => socket.resume());
    const gone = await startRawDyno(t, (socket) => socket.once("data", () => socket.destroy()));
    for (const [target, code] of [
      [plain.target, "H17"],
      [silent.target, "H12"],
      [gone.target, "H13"],
    ] as const) {
      const { call } = await startSecure(t, routesTo([target]), { limits: { firstByteMs: 500 } });
      const [failed] = await call("say");
      assert.equal(failed?.code, "UNAVAILABLE", code);
      assert.match(failed?.details ?? "", new RegExp(`\\(${code}\\)`));
    }
  });
});

interface H2cDyno {
  readonly target: Target;
  readonly sessions: ServerHttp2Session[];
}

async function startH2cDyno(t: CleanUp, listener: Parameters<typeof createServer>[1]): Promise<H2cDyno> {
  const sessions: ServerHttp2Session[] = [];
  const server = createServer({ settings: { maxConcurrentStreams: 10 } }, listener as never);
  server.on("session", (session) => sessions.push(session));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  cleanUp(t, async () => {
    for (const session of sessions) session.destroy();
    server.close();
    await once(server, "close");
  });
  const { port } = server.address() as AddressInfo;
  return { target: { id: `h2c-${port}`, dyno: "web.1", address: "127.0.0.1", port }, sessions };
}

suite("an app that speaks HTTP/2 without TLS", () => {
  test("answers clients of both versions, with bodies and trailers", async (t) => {
    const dyno = await startH2cDyno(t, async (request, response) => {
      let body = "";
      for await (const chunk of request) body += chunk;
      const { ":authority": authority, te, "transfer-encoding": coding } = request.headers;
      response.setHeader("trailer", "x-sum");
      response.write(JSON.stringify({ method: request.method, url: request.url, authority, te, coding, body }));
      response.addTrailers({ "x-sum": String(body.length) });
      response.end();
    });
    const { worker, https } = await startSecure(t, routesTo([dyno.target]));
    const expected = { method: "POST", url: "/x?y", authority: "app.test", te: "trailers", body: "hello" };
    const first = await ask(worker.port, { method: "POST", path: "/x?y", body: "hello" });
    assert.deepEqual(JSON.parse(first.body), expected);
    assert.equal(first.trailers["x-sum"], "5");
    assert.equal(first.headers.via, "2.0 berth");
    const session = await http2Session(t, https);
    const second = await askHttp2(session, { ":method": "POST", ":path": "/x?y" }, (write, end) => {
      write("hello");
      end();
    });
    assert.deepEqual(JSON.parse(second.body), expected);
    assert.equal(second.trailers["x-sum"], "5");
    assert.equal(dyno.sessions.length, 1);
  });

  test("gets headers and trailers that node would not write or would mistake", async (t) => {
    const dyno = await startH2cDyno(t, (request, response) => {
      request.resume().on("end", () => response.end(request.rawTrailers.join()));
    });
    const { https } = await startSecure(t, routesTo([dyno.target]));
    const client = await FrameClient.connect(t, https);
    const head = [...post, "user-agent", "one", "user-agent", "two", "http2-settings", "x"];
    for (const [index, [trailers, expected]] of [
      [["constructor", "1"], "constructor,1"],
      [["__proto__", "1"], "__proto__,1"],
      [["http2-settings", "x", "x-sum", "2"], "x-sum,2"],
      [["user-agent", "1", "user-agent", "2"], "user-agent,1,user-agent,2"],
    ].entries() as ArrayIterator<[number, [string[], string]]>) {
      const stream = 2 * index + 1;
      client.head(stream, head);
      client.data(stream, "body");
      client.head(stream, trailers, frameFlag.endStream);
      assert.equal(String((await client.got(frameType.data, stream))?.payload), expected);
    }
  });

  test("gets no more requests on a connection than it takes, and no further ones after it said goodbye", async (t) => {
    const dyno = await startH2cDyno(t, (_request, response) => setTimeout(() => response.end("fine"), 30));
    const { worker } = await startSecure(t, routesTo([dyno.target]));
    await ask(worker.port);
    const answers = await Promise.all(Array.from({ length: 40 }, () => ask(worker.port)));
    assert.deepEqual(new Set(answers.map(({ body }) => body)), new Set(["fine"]));
    assert.ok(dyno.sessions.length >= 4, `${dyno.sessions.length} connections`);
    const ended = dyno.sessions.map((session) => once(session, "close"));
    for (const session of dyno.sessions) session.close();
    await Promise.all(ended);
    assert.equal((await ask(worker.port)).body, "fine");
  });

  test("sends no faster than the client reads, and learns that it has gone", async (t) => {
    const gone = Promise.withResolvers<void>();
    let sent = 0;
    const dyno = await startH2cDyno(t, (_request, response) => {
      const block = Buffer.alloc(64 * 1024);
      const more = () => {
        while (!response.stream.destroyed && response.write(block)) sent += block.length;
      };
      response.on("drain", more).on("close", gone.resolve);
      more();
    });
    const { https } = await startSecure(t, routesTo([dyno.target]));
    const session = await http2Session(t, https);
    const stream = session.request({ ":authority": "app.test" });
    stream.on("error", () => undefined);
    await once(stream, "response");
    stream.pause();
    for (let before = -1; before !== sent; ) {
      before = sent;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    assert.ok(sent < 16 * 1024 * 1024, `${sent} bytes`);
    stream.close(8);
    await gone.promise;
  });

  test("that breaks off in the middle of its answer breaks it for the client", async (t) => {
    const dyno = await startH2cDyno(t, (_request, response) => {
      response.write("half");
      setTimeout(() => response.stream.close(2), 20);
    });
    const { https, worker } = await startSecure(t, routesTo([dyno.target]));
    await assert.rejects(askHttp2(await http2Session(t, https)), /reset|INTERNAL/);
    await worker.logged(/code=H18 /);
  });
});

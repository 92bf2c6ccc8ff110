import assert from "node:assert/strict";
import { writeFile } from "node:fs/promises";
import type { RequestListener } from "node:http";
import { join } from "node:path";
import { after, before, suite, test } from "node:test";
import { freePort } from "../../src/lib/free-port.ts";
import { runOk } from "../helpers/berth.ts";
import { clientsFolder, goClients, hasJava, pythonClients } from "../helpers/clients.ts";
import { routesTo, startDyno } from "./helpers/dyno.ts";
import { certificateFor, secured, tlsEntries } from "./helpers/tls.ts";
import { startWorker, temporaryFolder } from "./helpers/worker.ts";

const paths = ["/", "/trailers", "/early", "/empty", "/unchanged", "/pieces", "/large"];
const bodies: Readonly<Record<string, { status: number; length: number }>> = {
  "/": { status: 200, length: 5 },
  "/trailers": { status: 200, length: 5 },
  "/early": { status: 403, length: 6 },
  "/empty": { status: 204, length: 0 },
  "/unchanged": { status: 304, length: 0 },
  "/pieces": { status: 200, length: 30 },
  "/large": { status: 200, length: 1_000_000 },
};

/** All but `/early` read the request to its end. */
const answer: RequestListener = async (request, response) => {
  if (request.url === "/early") {
    response.writeHead(403, { "content-length": 6 }).end("early\n");
    return;
  }
  try {
    for await (const _ of request);
  } catch {
    // h2spec leaves in the middle of some requests.
    return;
  }
  if (request.url === "/trailers") {
    response.writeHead(200, { trailer: "x-sum", "transfer-encoding": "chunked" });
    response.write("hello");
    response.addTrailers({ "x-sum": "7" });
    response.end();
  } else if (request.url === "/empty") response.writeHead(204).end();
  else if (request.url === "/unchanged") response.writeHead(304).end();
  else if (request.url === "/large") response.end("x".repeat(1_000_000));
  else if (request.url === "/pieces") {
    for (let i = 0; i < 3; i++) {
      response.write("x".repeat(10));
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
    response.end();
  } else response.end("hello");
};

interface Seen {
  readonly method: string;
  readonly path: string;
  readonly version: string;
  readonly status: number;
  readonly length: number;
  readonly trailers?: string;
  readonly error: string;
}

suite("HTTP/2 as strict clients see it", () => {
  let port = 0;
  let base = "";
  let folder = "";
  let clear: () => unknown = () => undefined;

  before(async () => {
    const t = {
      after: (work: unknown) => {
        clear = work as () => unknown;
      },
    };
    const dyno = await startDyno(t, answer);
    // A client that is done with an early answer closes in the middle of its upload.
    dyno.server.on("connection", (socket) => socket.on("error", () => undefined));
    port = await freePort("127.0.0.1");
    base = `https://127.0.0.1:${port}`;
    folder = await temporaryFolder(t);
    const own = certificateFor("app.test");
    // h2spec names the port with the host, and asks for whatever it is told to.
    const routes = { ...routesTo([dyno.target]), hosts: ["app.test", "*"] };
    await startWorker(t, { https: port, entries: [...tlsEntries(), own], apps: [secured(routes, [own])] });
  });

  after(() => clear());

  function assertWhole(output: string, methods: readonly string[], version: RegExp): void {
    const all = output
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as Seen);
    assert.equal(all.length, paths.length * methods.length);
    for (const { method, path, status, length, error, ...seen } of all) {
      const what = `${method} ${path}`;
      assert.equal(error, "", what);
      assert.match(seen.version, version, what);
      const expected = bodies[path];
      assert.deepEqual([status, length], [expected?.status, method === "HEAD" ? 0 : expected?.length], what);
      if (seen.trailers !== undefined) assert.equal(seen.trailers, path === "/trailers" ? "7" : "", what);
    }
  }

  test("httpx reads whole answers", async () => {
    const python = await pythonClients();
    const output = await runOk(python, [join(clientsFolder, "httpx_client.py"), base, ...paths]);
    assertWhole(output, ["GET", "POST", "HEAD"], /^HTTP\/2$/);
  });

  test("Go's net/http reads whole answers and trailers", async () => {
    const output = await runOk(join(await goClients(), "client"), [base, ...paths]);
    assertWhole(output, ["GET", "POST"], /^HTTP\/2\.0$/);
  });

  test("Java's HttpClient reads whole answers", async (t) => {
    if (!(await hasJava())) return t.skip("there is no JDK 11 or later on this machine");
    const output = await runOk("java", [join(clientsFolder, "Client.java"), base, ...paths]);
    assertWhole(output, ["GET", "POST"], /^HTTP_2$/);
  });

  test("nghttp gets no reset after a whole answer", async () => {
    const urls = ["/", "/trailers", "/empty", "/large"].map((path) => base + path);
    const frames = await runOk("nghttp", ["-v", "-n", "-H", ":authority: app.test", "--no-dep", ...urls]);
    assert.match(frames, /recv \(stream_id=\d+\) x-sum: 7/);
    assert.equal(
      frames.match(/recv (?:DATA|HEADERS) frame[^\n]*\n\s+; END_STREAM|recv [^\n]*\n\s+; END_STREAM \| END_HEADERS/g)
        ?.length,
      4,
    );
    assert.doesNotMatch(frames, /RST_STREAM/);
  });

  test("nghttp gets the end of an early answer before the reset of its upload", async () => {
    const upload = join(folder, "upload");
    await writeFile(upload, Buffer.alloc(8 * 1024 * 1024));
    const words = ["-v", "-n", "-H", ":authority: app.test", "--no-dep", "-d", upload, `${base}/early`];
    const frames = await runOk("nghttp", words);
    assert.match(
      frames,
      /recv DATA frame[^\n]*\n\s+; END_STREAM\n[\s\S]*recv RST_STREAM frame[^\n]*\n\s+\(error_code=NO_ERROR/,
    );
  });

  test("h2spec finds nothing", { timeout: 120_000 }, async () => {
    const words = ["-t", "-k", "-h", "127.0.0.1", "-p", String(port), "-o", "5"];
    const output = await runOk(join(await goClients(), "h2spec"), words);
    assert.match(output, /\n145 tests, 145 passed, 0 skipped, 0 failed\s*$/);
  });
});

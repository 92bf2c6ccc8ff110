import { randomUUID } from "node:crypto";
import type { ServerHttp2Session, ServerHttp2Stream } from "node:http2";
import { request } from "../lib/node-http.ts";
import { bytesField, readFields } from "../lib/protobuf.ts";
import { handled } from "./wire.ts";

/** What the engine may ask us for while it builds. */
export interface BuildSession {
  readonly id: string;
  close(): void;
}

const secretsMethod = "/moby.buildkit.secrets.v1.Secrets/GetSecret";
const healthMethod = "/grpc.health.v1.Health/Check";
// A secret is a key or a token; what is longer than this in a request is none.
const longestRequest = 64 * 1024;

/**
 * A BuildKit session: on this connection it is the engine that calls, with gRPC, and asks for a secret when a RUN mounts it.
 * No secret is in the request, in a layer, or with the engine before that. gRPC is spoken by hand, as these are two calls and
 * its library takes 14 MB.
 */
export function openBuildSession(
  socketPath: string,
  secret: (id: string) => string | undefined,
  signal: AbortSignal,
): Promise<BuildSession> {
  const id = randomUUID();
  const headers = {
    Connection: "Upgrade",
    Upgrade: "h2c",
    "X-Docker-Expose-Session-Uuid": id,
    "X-Docker-Expose-Session-Name": "berth",
    "X-Docker-Expose-Session-Grpc-Method": secretsMethod,
  };
  return new Promise((resolve, reject) => {
    const call = request({ socketPath, method: "POST", path: "/session", headers });
    const giveUp = (): void => void call.destroy(signal.reason as Error);
    signal.addEventListener("abort", giveUp, { once: true });
    call.on("close", () => signal.removeEventListener("abort", giveUp));
    call.on("error", reject);
    call.on("response", (response) => {
      response.resume();
      reject(new Error(`The engine refuses a build session: ${response.statusCode}`));
    });
    call.on("upgrade", (_, socket, head) => {
      handled(socket);
      if (head.length > 0) socket.unshift(head);
      // Loaded here: a daemon that builds no images does without.
      const http2 = process.getBuiltinModule("node:http2");
      const session = serve(http2.performServerHandshake(socket), secret);
      const close = (): void => {
        session.destroy();
        socket.destroy();
      };
      resolve({ id, close });
    });
    call.end();
  });
}

function serve(session: ServerHttp2Session, secret: (id: string) => string | undefined): ServerHttp2Session {
  session.on("error", () => undefined);
  session.on("stream", (stream, headers) => {
    stream.on("error", () => undefined);
    readAll(stream).then(
      (body) => {
        const answer = respond(String(headers[":path"]), body, secret);
        if (!stream.destroyed) send(stream, answer);
      },
      () => stream.destroy(),
    );
  });
  return session;
}

interface Answer {
  /** gRPC's number: 0 is well, 5 not found, 12 not implemented. */
  readonly status: number;
  readonly message?: Buffer;
}

function respond(path: string, body: Buffer, secret: (id: string) => string | undefined): Answer {
  // SERVING
  if (path === healthMethod) return { status: 0, message: Buffer.from([8, 1]) };
  if (path !== secretsMethod) return { status: 12 };
  // A frame is a byte for compression and four for the length.
  const id = [...readFields(body.subarray(5))].find(({ number }) => number === 1)?.value;
  const value = Buffer.isBuffer(id) ? secret(id.toString()) : undefined;
  return value === undefined ? { status: 5 } : { status: 0, message: bytesField(1, Buffer.from(value)) };
}

function send(stream: ServerHttp2Stream, { status, message }: Answer): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": String(status) }));
  if (message === undefined) {
    stream.end();
    return;
  }
  const frame = Buffer.alloc(5);
  frame.writeUInt32BE(message.length, 1);
  stream.end(Buffer.concat([frame, message]));
}

async function readAll(stream: ServerHttp2Stream): Promise<Buffer> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const part of stream as AsyncIterable<Buffer>) {
    size += part.length;
    if (size > longestRequest) throw new RangeError("The request is too long");
    parts.push(part);
  }
  return Buffer.concat(parts);
}

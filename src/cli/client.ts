import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { isatty } from "node:tty";
import { callerEnvironment } from "../config/environment.ts";
import { pathsBelow } from "../config/paths.ts";
import { InputPump } from "./input-pump.ts";
import { FrameReader, frame, fromClient, fromServer, type Hello, protocolVersion, type Size } from "./protocol.ts";

/** 128 + signal number, as shells have it. */
const killed = { SIGINT: 130, SIGHUP: 129, SIGTERM: 143, SIGPIPE: 141 } as const;

/**
 * The local `berth` command: ships words, input and terminal to the daemon, prints what comes back, and resolves
 * with the exit code. It knows no command; each file that it imports costs every command a millisecond or more.
 */
export async function runClient(words: readonly string[], rootFlag: string | undefined): Promise<number> {
  const root = rootFlag ?? callerEnvironment().root;
  let socket: Socket;
  try {
    socket = await open(pathsBelow(root).commandSocket);
  } catch (error) {
    for (const line of connectionProblem(error as NodeJS.ErrnoException, root))
      process.stderr.write(` !     ${line}\n`);
    return 1;
  }
  return await converse(socket, words);
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  return socket;
}

function connectionProblem(error: NodeJS.ErrnoException, root: string): string[] {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return [`Berth is not running on ${root}: start it with 'berth serve --root ${root}'`];
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    return [`You may not give commands to Berth on ${root}`, "Try it with sudo, or as the user that runs Berth"];
  }
  return [`Cannot reach Berth on ${root}: ${error.message}`];
}

function converse(socket: Socket, words: readonly string[]): Promise<number> {
  const send = (type: number, payload?: Uint8Array | string): void => {
    if (socket.writable) socket.write(frame(type, payload));
  };
  const input = new InputPump(send);
  const size = terminalSize();
  const terminal = size && { name: callerEnvironment().terminalName, ...size };
  const hello: Hello = { protocol: protocolVersion, words, terminal };

  return new Promise((resolve) => {
    let exitCode: number | undefined;
    const end = (code: number): void => {
      input.setRaw(false);
      resolve(code);
    };
    const show = (stream: NodeJS.WriteStream, data: Buffer): void => {
      if (stream.write(data)) return;
      socket.pause();
      stream.once("drain", () => socket.resume());
    };
    const frames = new FrameReader((type, payload) => {
      if (type === fromServer.output) show(process.stdout, payload);
      else if (type === fromServer.errors) show(process.stderr, payload);
      else if (type === fromServer.wantInput) input.want();
      else if (type === fromServer.raw || type === fromServer.cooked) input.setRaw(type === fromServer.raw);
      else if (type === fromServer.wantFile) void sendFile(payload.toString("utf8"), send);
      else if (type === fromServer.exit) {
        exitCode = payload[0] ?? 1;
        void printed().then(() => end(exitCode ?? 1));
      }
    });
    socket.on("data", (piece: Buffer) => frames.push(piece));
    socket.on("error", () => undefined /* 'close' follows */);
    socket.on("close", () => {
      if (exitCode !== undefined) return;
      input.setRaw(false);
      process.stderr.write(" !     The connection to Berth was lost: it was stopped, or has crashed\n");
      end(1);
    });
    handleSignals(send, end);
    if (terminal !== undefined)
      process.stdout.on("resize", () => send(fromClient.resize, JSON.stringify(terminalSize())));
    // Whoever read our output has gone (`berth logs | head`): there is nobody to tell.
    for (const stream of [process.stdout, process.stderr]) stream.on("error", () => end(killed.SIGPIPE));
    send(fromClient.hello, JSON.stringify(hello));
  });
}

async function sendFile(path: string, send: (type: number, payload: Uint8Array | string) => void): Promise<void> {
  const { answerFile } = await import("./local-file.ts");
  await answerFile(path, send);
}

/** Resolves when our reader has taken everything. */
async function printed(): Promise<void> {
  const flushed = [process.stdout, process.stderr].map((stream) => new Promise((resolve) => stream.write("", resolve)));
  await Promise.all(flushed);
}

/** Only where a person sits in front of it: then a program gets a terminal of its own. */
function terminalSize(): Size | undefined {
  if (!isatty(0) || !isatty(1)) return undefined;
  return { columns: process.stdout.columns, rows: process.stdout.rows };
}

function handleSignals(send: (type: number) => void, end: (code: number) => void): void {
  let interrupted = false;
  process.on("SIGINT", () => {
    if (interrupted) end(killed.SIGINT);
    interrupted = true;
    send(fromClient.interrupt);
  });
  // Caught for the sake of the terminal, which must not stay raw.
  process.on("SIGTERM", () => end(killed.SIGTERM));
  process.on("SIGHUP", () => end(killed.SIGHUP));
}

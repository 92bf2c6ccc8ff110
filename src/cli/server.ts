import { connect, type Socket } from "node:net";
import type { Execute } from "../commands/session.ts";
import type { Kept } from "../lib/kept.ts";
import type { Logger } from "../lib/logger.ts";
import { longestSocketPath, SocketFile } from "../lib/socket-file.ts";
import { UserError } from "../model/errors.ts";
import { Conversation } from "./conversation.ts";

export interface CommandServerOptions {
  readonly socketPath: string;
  readonly execute: Execute;
  readonly logger: Logger;
}

/** The local door: whoever may open the socket, its owner and root, may give any command. */
export interface CommandServer {
  readonly socket: Kept;
  /** Resolves once commands are accepted. Throws UserError `already-running`. */
  start(): Promise<void>;
  /** No new commands; those that run have this long to end, then they are aborted. Resolves when all have ended. */
  stop(graceMs: number): Promise<void>;
}

export function createCommandServer(options: CommandServerOptions): CommandServer {
  return new LocalDoor(options);
}

/** How long an aborted command may take to put things in order. */
const abortMs = 10_000;

class LocalDoor implements CommandServer {
  readonly #options: CommandServerOptions;
  readonly #conversations = new Set<Conversation>();
  readonly socket: SocketFile;

  constructor(options: CommandServerOptions) {
    this.#options = options;
    this.socket = new SocketFile({
      path: options.socketPath,
      onConnection: (socket) => this.#welcome(socket),
      onError: (error) => options.logger.error({ err: error }, "command socket failed"),
    });
  }

  async start(): Promise<void> {
    const { socketPath } = this.#options;
    if (Buffer.byteLength(socketPath) > longestSocketPath) {
      throw new UserError("root-too-long", `The path ${socketPath} is too long for a socket`, {
        hint: "Choose a root with a shorter path",
      });
    }
    if (await answers(socketPath)) {
      throw new UserError("already-running", `A daemon already takes commands on ${socketPath}`);
    }
    await this.socket.open();
  }

  async stop(graceMs: number): Promise<void> {
    await this.socket.close();
    await within(graceMs, this.#settled());
    for (const conversation of this.#conversations) conversation.abort(new Error("Berth is being stopped"));
    await within(abortMs, this.#settled());
    for (const conversation of this.#conversations) conversation.close();
  }

  #welcome(socket: Socket): void {
    const { execute, logger } = this.#options;
    const conversation = new Conversation(socket, execute, logger);
    this.#conversations.add(conversation);
    void conversation.ended.then(() => this.#conversations.delete(conversation));
  }

  async #settled(): Promise<void> {
    await Promise.all([...this.#conversations].map((conversation) => conversation.ended));
  }
}

/** Whether somebody listens there; a socket file that a killed daemon left behind does not count. */
function answers(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(path);
    socket.once("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.once("error", () => resolve(false));
  });
}

async function within(ms: number, work: Promise<void>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, ms);
  await Promise.race([work, late]);
  clearTimeout(timer);
}

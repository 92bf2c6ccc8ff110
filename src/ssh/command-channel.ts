import { randomBytes } from "node:crypto";
import type { Socket } from "node:net";
import { PassThrough, type Readable } from "node:stream";
import type { ServerChannel } from "ssh2";
import type { Execute } from "../commands/session.ts";
import type { GitService } from "../git/service.ts";
import type { Logger } from "../lib/logger.ts";
import { exitCodes, UserError } from "../model/errors.ts";
import { createProgressPrinter, explain } from "../model/progress-printer.ts";
import { ChannelOutput } from "./channel-output.ts";
import { LineDiscipline } from "./line-discipline.ts";
import { readRequestedCommand } from "./requested-command.ts";
import type { ClientTerminal } from "./terminal.ts";

export interface CommandDoors {
  readonly execute: Execute;
  readonly git: GitService;
  readonly logger: Logger;
}

export interface CommandRequest {
  /** Undefined where the client asked for a shell. */
  readonly line: string | undefined;
  readonly actor: string;
  readonly fingerprint: string;
  readonly terminal: ClientTerminal | undefined;
  readonly protocol: string | undefined;
  readonly canceller: AbortController;
}

/** One command from its request to its exit code. */
export class CommandChannel {
  readonly #channel: ServerChannel;
  readonly #doors: CommandDoors;
  readonly #request: CommandRequest;
  readonly #output: ChannelOutput;

  constructor(channel: ServerChannel, socket: Socket, doors: CommandDoors, request: CommandRequest) {
    this.#channel = channel;
    this.#doors = doors;
    this.#request = request;
    const { terminal } = request;
    this.#output = new ChannelOutput(channel, socket, { isTerminal: () => terminal !== undefined && !terminal.raw });
    channel.on("error", (error: Error) => doors.logger.debug({ err: error }, "ssh channel failed"));
    channel.stderr.on("error", (error: Error) => doors.logger.debug({ err: error }, "ssh channel failed"));
  }

  /** The client took the channel away, or the whole connection. */
  close(): void {
    this.#output.close();
    this.cancel(new Error("The client has gone"));
  }

  cancel(reason: Error): void {
    this.#request.canceller.abort(reason);
  }

  /** Runs the command to its end. Never throws. */
  async run(): Promise<void> {
    const stdin = this.#openInput();
    const code = await this.#dispatch(stdin).catch((error: unknown) => this.#fail(error));
    stdin.destroy();
    await this.#output.finish(code);
  }

  async #dispatch(stdin: Readable): Promise<number> {
    const { line, actor, fingerprint, terminal, protocol, canceller } = this.#request;
    const command = readRequestedCommand(line);
    const { stdout, stderr } = this.#output;
    const io = { stdin, stdout, stderr, actor, signal: canceller.signal };
    switch (command.kind) {
      case "receive-pack":
        return await this.#doors.git.receivePack(command.app, { ...io, fingerprint, protocol });
      case "upload-pack":
        return await this.#doors.git.uploadPack(command.app, { ...io, fingerprint, protocol });
      case "command":
        return await this.#doors.execute(command.words, { ...io, terminal, local: false });
    }
  }

  /** A stream of its own: a command that destroys its input must not close the channel its exit code goes through. */
  #openInput(): Readable {
    const { terminal, canceller } = this.#request;
    const input =
      terminal === undefined
        ? new PassThrough()
        : new LineDiscipline({
            isRaw: () => terminal.raw,
            echo: (text) => this.#output.stdout.write(text),
            onInterrupt: () => canceller.abort(new Error("Interrupted")),
          });
    input.on("error", (error) => this.#doors.logger.debug({ err: error }, "ssh input failed"));
    input.on("close", () => {
      this.#channel.unpipe(input);
      // What nobody reads is thrown away, or the channel would never end.
      this.#channel.resume();
    });
    this.#channel.pipe(input);
    return input;
  }

  #fail(error: unknown): number {
    const progress = createProgressPrinter((text) => this.#output.stderr.write(text));
    if (error instanceof UserError) {
      explain(error, progress);
      return error.exitCode;
    }
    const id = randomBytes(4).toString("hex");
    this.#doors.logger.error({ err: error, id }, "ssh command failed");
    progress.warn(`Something went wrong inside Berth; its log has the reason under ${id}`);
    return exitCodes.failure;
  }
}

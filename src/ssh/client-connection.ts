import type { Socket } from "node:net";
import type { AcceptConnection, Connection, ServerChannel, Session } from "ssh2";
import type { Logger } from "../lib/logger.ts";
import { type Authenticate, handleLogin, type Login, type LoginAttempts } from "./authentication.ts";
import { CommandChannel, type CommandDoors } from "./command-channel.ts";
import type { SshLimits } from "./limits.ts";
import { disconnectReason, sendDisconnect, takeLongPackets } from "./protocol.ts";
import { handleSessionRequests, type SessionSetup } from "./session-requests.ts";

export interface ConnectionOptions extends CommandDoors {
  readonly limits: SshLimits;
  readonly authenticate: Authenticate;
  readonly attempts: LoginAttempts;
  /** Returns in a few words why the client must go all the same. */
  readonly onLogin: () => string | undefined;
}

/** One client: its login, then its commands, side by side where it wants that. */
export class ClientConnection {
  readonly closed: Promise<void>;
  readonly #connection: Connection;
  readonly #socket: Socket;
  readonly #options: ConnectionOptions;
  readonly #running = new Map<CommandChannel, Promise<void>>();
  #logger: Logger;
  #login: Login | undefined;
  #sessions = 0;
  #idleTimer: NodeJS.Timeout | undefined;

  constructor(connection: Connection, socket: Socket, options: ConnectionOptions) {
    this.#connection = connection;
    this.#socket = socket;
    this.#options = options;
    this.#logger = options.logger;
    this.closed = new Promise((resolve) => {
      connection.on("close", resolve);
    });
  }

  open(): void {
    const { authenticate, limits, logger, attempts } = this.#options;
    const onLogin = (login: Login): void => {
      this.#login = login;
    };
    const hangUp = (reason: string): void => this.hangUp(disconnectReason.protocolError, reason);
    handleLogin(this.#connection, { authenticate, most: limits.loginAttempts, attempts, logger, onLogin, hangUp });
    this.#connection.on("ready", () => this.#ready());
    this.#connection.on("session", (accept, reject) => this.#openSession(accept, reject));
    this.#connection.on("close", () => this.abort());
  }

  get isBusy(): boolean {
    return this.#running.size > 0;
  }

  /** Resolves when no command runs any more. */
  async settled(): Promise<void> {
    await Promise.all(this.#running.values());
  }

  cancel(reason: Error): void {
    for (const command of this.#running.keys()) command.cancel(reason);
  }

  /** The commands' caller has gone. */
  abort(): void {
    clearTimeout(this.#idleTimer);
    for (const command of this.#running.keys()) command.close();
  }

  /** Closes the connection and tells the client why. */
  hangUp(code: number, reason: string): void {
    sendDisconnect(this.#connection, code, reason);
    this.#socket.destroySoon();
  }

  /** Says goodbye and closes the connection. */
  end(): void {
    this.#connection.end();
  }

  #ready(): void {
    this.#logger = this.#logger.child({ key: this.#login?.name });
    this.#options.attempts.succeeded();
    const refusal = this.#options.onLogin();
    if (refusal !== undefined) {
      this.#logger.warn({ reason: refusal }, "ssh login turned away");
      this.hangUp(disconnectReason.tooManyConnections, `Not now: ${refusal}`);
      return;
    }
    this.#logger.info("ssh login");
    takeLongPackets(this.#connection);
    this.#watchIdle();
  }

  #openSession(accept: AcceptConnection<Session>, reject: () => void): void {
    if (this.#sessions >= this.#options.limits.sessionsPerConnection) {
      reject();
      return;
    }
    const session = accept();
    this.#sessions += 1;
    let command: CommandChannel | undefined;
    session.on("close", () => {
      this.#sessions -= 1;
      command?.close();
    });
    session.on("error", (error: Error) => this.#logger.debug({ err: error }, "ssh session failed"));
    handleSessionRequests(session, (acceptChannel, line, setup) => {
      command ??= this.#start(acceptChannel, line, setup);
    });
  }

  #start(
    accept: AcceptConnection<ServerChannel>,
    line: string | undefined,
    setup: SessionSetup,
  ): CommandChannel | undefined {
    // Nothing comes back for a session that the client has closed already.
    const channel: ServerChannel | undefined = accept();
    if (channel === undefined) return undefined;
    const { name: actor = "", fingerprint = "" } = this.#login ?? {};
    const request = { ...setup, line, actor, fingerprint };
    const doors = { ...this.#options, logger: this.#logger };
    const command = new CommandChannel(channel, this.#socket, doors, request);
    const done = command.run().then(
      () => this.#finished(command),
      (error: unknown) => {
        this.#logger.error({ err: error }, "ssh command did not end well");
        this.#finished(command);
      },
    );
    this.#running.set(command, done);
    clearTimeout(this.#idleTimer);
    return command;
  }

  #finished(command: CommandChannel): void {
    this.#running.delete(command);
    this.#watchIdle();
  }

  #watchIdle(): void {
    clearTimeout(this.#idleTimer);
    if (this.#running.size > 0 || this.#socket.destroyed) return;
    this.#idleTimer = setTimeout(() => this.end(), this.#options.limits.idleSeconds * 1000);
    this.#idleTimer.unref();
  }
}

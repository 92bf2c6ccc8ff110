import { once } from "node:events";
import { type AddressInfo, createServer, type Server as NetServer, type Socket } from "node:net";
import type { Connection, ServerConfig } from "ssh2";
import type { Logger } from "../lib/logger.ts";
import { Admission, type Slot } from "./admission.ts";
import { algorithms } from "./algorithms.ts";
import { type Authenticate, LoginAttempts } from "./authentication.ts";
import { ClientConnection, type ConnectionOptions } from "./client-connection.ts";
import type { CommandDoors } from "./command-channel.ts";
import { type HostKeys, loadHostKeys } from "./host-keys.ts";
import { ssh2 } from "./library.ts";
import { type SshLimits, sshLimitDefaults } from "./limits.ts";
import { PacketTooLong } from "./packet-reader.ts";
import { disconnectReason, sendDisconnect } from "./protocol.ts";
import { RefusalLog } from "./refusal-log.ts";

export interface SshServerOptions extends CommandDoors {
  readonly host: string;
  /** 0 for any free one. */
  readonly port: number;
  readonly hostKeyFolder: string;
  readonly limits?: Partial<SshLimits>;
  readonly authenticate: Authenticate;
  /** Whether a client of this address is turned away before it says anything: apps must not reach the daemon. */
  readonly refuse: (remoteAddress: string) => boolean;
  readonly logger: Logger;
}

export interface SshServer {
  /** Resolves once connections are accepted, with the address they go to. */
  start(): Promise<{ host: string; port: number }>;
  /** No new connections; commands have this long to end, then they are aborted. Resolves when all have. */
  stop(graceMs: number): Promise<void>;
}

export function createSshServer(options: SshServerOptions): SshServer {
  return new SshDoor(options);
}

type LoginParts = Pick<ConnectionOptions, "logger" | "attempts" | "onLogin">;

/** How long an aborted command may take to put things in order. */
const abortMs = 10_000;
const goodbyeMs = 1_000;
/** How long a client that is turned away has to read why. */
const turnedAwayMs = 1_000;

class SshDoor implements SshServer {
  readonly #options: SshServerOptions;
  readonly #limits: SshLimits;
  readonly #logger: Logger;
  readonly #admission: Admission;
  readonly #refusals: RefusalLog;
  readonly #clients = new Set<ClientConnection>();
  readonly #sockets = new Set<Socket>();
  #server: NetServer | undefined;

  constructor(options: SshServerOptions) {
    this.#options = options;
    this.#limits = { ...sshLimitDefaults, ...options.limits };
    this.#logger = options.logger;
    this.#admission = new Admission(this.#limits);
    this.#refusals = new RefusalLog(options.logger);
  }

  async start(): Promise<{ host: string; port: number }> {
    const hostKeys = await loadHostKeys(this.#options.hostKeyFolder);
    const server = createServer({ noDelay: true }, (socket) => this.#welcome(socket, hostKeys));
    server.listen(this.#options.port, this.#options.host);
    await once(server, "listening");
    server.on("error", (error) => this.#logger.error({ err: error }, "ssh listener failed"));
    this.#server = server;
    const { address, port } = server.address() as AddressInfo;
    this.#logger.info({ host: address, port, hostKeys: hostKeys.fingerprints }, "ssh listens");
    return { host: address, port };
  }

  async stop(graceMs: number): Promise<void> {
    this.#server?.close();
    this.#server = undefined;
    for (const client of this.#clients) if (!client.isBusy) client.end();
    await within(graceMs, this.#settled());
    for (const client of this.#clients) client.cancel(new Error("Berth is being stopped"));
    await within(abortMs, this.#settled());
    // Clients hang up by themselves after their command; told to go at once, they would lose its exit code.
    await within(goodbyeMs, this.#left());
    for (const client of this.#clients) client.end();
    for (const socket of this.#sockets) socket.destroySoon();
  }

  async #settled(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.settled()));
  }

  async #left(): Promise<void> {
    await Promise.all([...this.#clients].map((client) => client.closed));
  }

  #welcome(socket: Socket, hostKeys: HostKeys): void {
    socket.on("error", (error) => this.#logger.debug({ err: error }, "ssh connection failed"));
    const address = (socket.remoteAddress ?? "").replace(/^::ffff:/, "");
    // Without an address the client has gone again.
    if (address === "" || this.#options.refuse(address)) return void socket.destroy();
    const turnAway = (reason: string): void => {
      this.#refusals.add(address, reason);
      // Lines before the protocol's first are allowed (RFC 4253, 4.2), and `ssh -v` shows them.
      socket.end(`Not now: ${reason}\r\n`);
      // What is left unread would reset the connection before the client has read the line.
      socket.resume();
      // Whatever the client does: who is turned away is not counted any more.
      const over = setTimeout(() => socket.destroy(), turnedAwayMs);
      socket.on("close", () => clearTimeout(over));
    };
    const slot = this.#admission.enter(address, turnAway);
    if (typeof slot === "string") return void turnAway(slot);
    this.#sockets.add(socket);
    socket.on("close", () => {
      slot.leave();
      this.#sockets.delete(socket);
    });
    this.#serve(socket, hostKeys, slot, this.#logger.child({ address, port: socket.remotePort }));
  }

  #serve(socket: Socket, hostKeys: HostKeys, slot: Slot, logger: Logger): void {
    const attempts = new LoginAttempts(logger);
    let client: ClientConnection | undefined;
    const grace = setTimeout(() => {
      attempts.givenUp("it took too long");
      if (client === undefined) socket.destroy();
      else client.hangUp(disconnectReason.protocolError, "Timeout before authentication");
    }, this.#limits.loginGraceSeconds * 1000);
    socket.on("close", () => {
      clearTimeout(grace);
      attempts.ended();
    });
    const onLogin = (): string | undefined => {
      clearTimeout(grace);
      return slot.authenticated();
    };
    // A server of ssh2 for each connection is what ties its events to our socket; it never listens itself.
    const protocol = new ssh2.Server(this.#protocolOptions(hostKeys));
    protocol.on("error", (error: Error) => logger.debug({ err: error }, "ssh protocol failed"));
    protocol.on("connection", (connection: Connection) => {
      client = this.#connect(connection, socket, { logger, attempts, onLogin });
    });
    protocol.injectSocket(socket);
  }

  #protocolOptions(hostKeys: HostKeys): ServerConfig {
    return {
      hostKeys: hostKeys.keys.map((key) => ({ key })),
      ident: "Berth",
      algorithms,
      keepaliveInterval: this.#limits.keepaliveSeconds * 1000,
      keepaliveCountMax: 3,
    };
  }

  #connect(connection: Connection, socket: Socket, login: LoginParts): ClientConnection {
    const { logger } = login;
    connection.on("error", (error: Error) => {
      if (error instanceof PacketTooLong) {
        logger.info({ bytes: error.length }, "ssh packet too long");
        sendDisconnect(connection, disconnectReason.protocolError, `A packet of ${error.length} bytes is too long`);
      } else logger.debug({ err: error }, "ssh connection failed");
    });
    const client = new ClientConnection(connection, socket, { ...this.#options, limits: this.#limits, ...login });
    this.#clients.add(client);
    connection.on("close", () => this.#clients.delete(client));
    client.open();
    return client;
  }
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const timeout = new Promise<void>((resolve) => {
    timer = setTimeout(resolve, milliseconds);
  });
  await Promise.race([work, timeout]);
  clearTimeout(timer);
}

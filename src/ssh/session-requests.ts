import type { AcceptConnection, ServerChannel, Session } from "ssh2";
import { ClientTerminal } from "./terminal.ts";

/** What a client said about a session before it asked for its command. */
export interface SessionSetup {
  readonly terminal: ClientTerminal | undefined;
  /** Value of GIT_PROTOCOL. */
  readonly protocol: string | undefined;
  readonly canceller: AbortController;
}

type Start = (accept: AcceptConnection<ServerChannel>, line: string | undefined, setup: SessionSetup) => void;

const cancelling = /^(SIG)?(INT|TERM|HUP|QUIT)$/;

/**
 * Listens to the requests of one session; `start` is called for its command. What has no listener here, ssh2 rejects:
 * subsystems (sftp), forwarding of X11 and of the agent.
 */
export function handleSessionRequests(session: Session, start: Start): void {
  let terminal: ClientTerminal | undefined;
  let protocol: string | undefined;
  const canceller = new AbortController();
  // `accept` and `reject` are missing where the client wants no answer, which the types do not tell.
  session.on("pty", (accept, _reject, info) => {
    terminal = new ClientTerminal(info.term, info.cols, info.rows);
    accept?.();
  });
  session.on("window-change", (accept, _reject, info) => {
    terminal?.resize(info.cols, info.rows);
    accept?.();
  });
  session.on("env", (accept, reject, { key, val }) => {
    if (key !== "GIT_PROTOCOL" || !/^[a-z0-9=:.-]{1,100}$/.test(val)) return reject?.();
    protocol = val;
    accept?.();
  });
  session.on("signal", (accept, _reject, { name }) => {
    if (cancelling.test(name)) canceller.abort(new Error(`Interrupted by ${name}`));
    accept?.();
  });
  session.on("exec", (accept, _reject, { command }) => start(accept, command, { terminal, protocol, canceller }));
  session.on("shell", (accept) => start(accept, undefined, { terminal, protocol, canceller }));
}

import type { Socket } from "node:net";

/** What of a connection the rest of the router asks for; to end it ends one stream. */
export interface StreamSocket {
  /** The connection itself, which other streams have too. */
  readonly connection: Socket;
  readonly encrypted: boolean;
  readonly localPort: number | undefined;
  readonly remoteAddress: string | undefined;
  getProtocol(): string | null;
  destroy(): void;
  destroySoon(): void;
  resetAndDestroy(): void;
}

import type { Socket } from "node:net";

type Encrypted = Socket & { readonly encrypted?: boolean; getProtocol?(): string | null };

/** Without node:tls, which a worker for plain connections does not load. */
export function isEncrypted(socket: Socket | null): boolean {
  return (socket as Encrypted | null)?.encrypted === true;
}

/** As Heroku's log has it, `tls1.3`; undefined for a plain connection. */
export function tlsVersion(socket: Socket): string | undefined {
  return isEncrypted(socket) ? (socket as Encrypted).getProtocol?.()?.replace("TLSv", "tls") : undefined;
}

import type { Socket } from "node:net";

/** Without node:tls, which a worker for plain connections does not load. */
export function isEncrypted(socket: Socket | null): boolean {
  return (socket as (Socket & { readonly encrypted?: boolean }) | null)?.encrypted === true;
}

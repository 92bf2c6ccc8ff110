import { createHash } from "node:crypto";
import { realpath } from "node:fs/promises";
import { createServer, type Server } from "node:net";

/**
 * Claims a folder for this process; undefined where another process has it. The claim is a name in the kernel (an abstract
 * unix socket), so it ends with the process, however that ends, and there is no file to go stale.
 */
export async function claimFolder(folder: string): Promise<{ release(): void } | undefined> {
  return await claimName(await realpath(folder));
}

/** The same for any name. It counts for all users of this machine. */
export async function claimName(text: string): Promise<{ release(): void } | undefined> {
  const name = createHash("sha256").update(text).digest("hex");
  const server = createServer((socket) => socket.destroy());
  const claimed = await listen(server, `\0claim-${name}`);
  server.unref();
  return claimed ? { release: () => void server.close() } : undefined;
}

function listen(server: Server, path: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    server.once("error", (error: NodeJS.ErrnoException) => {
      if (error.code === "EADDRINUSE") resolve(false);
      else reject(error);
    });
    server.listen(path, () => resolve(true));
  });
}

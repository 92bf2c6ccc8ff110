import { spawn } from "node:child_process";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import type { CleanUp } from "./berth.ts";

export interface GitWeb {
  readonly url: string;
  /** Paths that were asked for. */
  readonly asked: string[];
  stop(): Promise<void>;
}

/** Serves the bare repositories in a folder by `git http-backend`; with a password where one is given. */
export async function serveGit(cleanUp: CleanUp, folder: string, password?: string): Promise<GitWeb> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://x");
    asked.push(url.pathname);
    const wanted = `Basic ${Buffer.from(`user:${password}`).toString("base64")}`;
    if (password !== undefined && request.headers.authorization !== wanted) {
      response.writeHead(401, { "WWW-Authenticate": "Basic" }).end();
      return;
    }
    const child = spawn("git", ["http-backend"], {
      env: {
        PATH: process.env.PATH ?? "",
        GIT_PROJECT_ROOT: folder,
        GIT_HTTP_EXPORT_ALL: "1",
        PATH_INFO: url.pathname,
        QUERY_STRING: url.search.slice(1),
        REQUEST_METHOD: request.method ?? "GET",
        CONTENT_TYPE: request.headers["content-type"] ?? "",
        HTTP_CONTENT_ENCODING: request.headers["content-encoding"] ?? "",
        GIT_PROTOCOL: String(request.headers["git-protocol"] ?? ""),
        GIT_CONFIG_COUNT: "1",
        GIT_CONFIG_KEY_0: "safe.directory",
        GIT_CONFIG_VALUE_0: "*",
      },
      stdio: ["pipe", "pipe", "ignore"],
    });
    child.stdin.on("error", () => undefined);
    request.pipe(child.stdin);
    const chunks: Buffer[] = [];
    child.stdout.on("data", (chunk: Buffer) => chunks.push(chunk));
    child.on("close", () => {
      const all = Buffer.concat(chunks);
      const end = all.indexOf("\r\n\r\n");
      const headers = all.subarray(0, end).toString().split("\r\n");
      let status = 200;
      for (const header of headers) {
        const [, name, value] = /^([^:]+): (.*)$/.exec(header) ?? [];
        if (name === "Status") status = Number.parseInt(value ?? "", 10);
        else if (name !== undefined) response.setHeader(name, value ?? "");
      }
      response.writeHead(status).end(all.subarray(end + 4));
    });
  });
  const url = await listen(server);
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      server.closeAllConnections();
    });
  cleanUp.after(stop);
  return { url, asked, stop };
}

export async function listen(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

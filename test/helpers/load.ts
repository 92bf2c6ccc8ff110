import { Agent, request } from "node:http";

export interface LoadResult {
  readonly requests: number;
  /** What was wrong with each request that did not get a whole 200. */
  readonly failures: readonly string[];
  /** Milliseconds, in the order of the requests' ends. */
  readonly durations: readonly number[];
}

/** Requests at a constant rate, kept-alive and new connections in turn, whatever the answers do (open model). */
export function constantLoad(target: {
  /** 127.0.0.1 where missing. */
  address?: string;
  port: number;
  host: string;
  path: string;
  perSecond: number;
}): {
  stop(): Promise<LoadResult>;
} {
  const keepAlive = new Agent({ keepAlive: true, maxSockets: 64 });
  const failures: string[] = [];
  const durations: number[] = [];
  const open = new Set<Promise<void>>();
  let requests = 0;
  const one = () => {
    const agent = requests % 2 === 0 ? keepAlive : false;
    requests += 1;
    const sent = answer({ ...target, agent })
      .then((ms) => void durations.push(ms))
      .catch((error: Error) => void failures.push(error.message))
      .finally(() => open.delete(sent));
    open.add(sent);
  };
  const begin = performance.now();
  const timer = setInterval(() => {
    const due = Math.floor(((performance.now() - begin) / 1000) * target.perSecond);
    while (requests < due) one();
  }, 5);
  return {
    async stop() {
      clearInterval(timer);
      await Promise.all(open);
      keepAlive.destroy();
      return { requests, failures, durations };
    },
  };
}

function answer(target: {
  address?: string;
  port: number;
  host: string;
  path: string;
  agent: Agent | false;
}): Promise<number> {
  const begin = performance.now();
  return new Promise((resolve, reject) => {
    const { address = "127.0.0.1", port, path, agent } = target;
    const headers = { host: target.host };
    const sent = request({ host: address, port, path, agent, headers, timeout: 30_000 }, (response) => {
      let body = "";
      response.setEncoding("utf8").on("data", (chunk) => {
        body += chunk;
      });
      response.once("error", reject);
      response.once("end", () => {
        if (response.statusCode === 200) resolve(performance.now() - begin);
        else reject(new Error(`status ${response.statusCode}: ${body.slice(0, 200)}`));
      });
    });
    sent.once("timeout", () => sent.destroy(new Error("no answer in 30 s")));
    sent.once("error", (error: NodeJS.ErrnoException & { reusedSocket?: boolean }) => {
      // A server may close a kept-alive connection at any time; a client then sends the request again (RFC 9112, 9.3.1).
      if (sent.reusedSocket && error.code === "ECONNRESET") answer({ ...target, agent: false }).then(resolve, reject);
      else reject(error);
    });
    sent.end();
  });
}

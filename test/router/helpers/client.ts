import { once } from "node:events";
import { Agent, type IncomingMessage, type RequestOptions, request } from "node:http";
import { connect } from "node:net";

export interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly rawHeaders: string[];
  readonly trailers: NodeJS.Dict<string>;
  readonly body: string;
}

export interface Ask extends RequestOptions {
  readonly host?: string;
  readonly body?: string;
}

/** One request on a connection of its own, to `app.test` unless said otherwise. Rejects when the answer breaks off. */
export async function ask(port: number, options: Ask = {}): Promise<Answer> {
  const { host = "app.test", body, headers, ...rest } = options;
  const sent = request({
    agent: false,
    ...rest,
    host: "127.0.0.1",
    port,
    headers: { host, ...(headers as Record<string, string>) },
  });
  sent.end(body);
  const [response] = (await once(sent, "response")) as [IncomingMessage];
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk);
  return {
    status: response.statusCode ?? 0,
    headers: response.headers,
    rawHeaders: response.rawHeaders,
    trailers: response.trailers,
    body: Buffer.concat(chunks).toString("latin1"),
  };
}

/** Sends these bytes on one connection and returns all that comes back until the other side closes it. */
export async function talk(port: number, text: string): Promise<string> {
  const socket = connect(port, "127.0.0.1");
  const chunks: Buffer[] = [];
  socket.on("data", (chunk: Buffer) => chunks.push(chunk));
  socket.write(text);
  await once(socket, "close");
  return Buffer.concat(chunks).toString("latin1");
}

/** Clients that ask without a pause, each second one on new connections, until stopped. Every answer that is not a whole 200 is a failure. */
export function load(
  port: number,
  clients: number,
  keptOnly = false,
): { stop(): Promise<{ answered: number; failures: string[] }> } {
  const agent = new Agent({ keepAlive: true });
  const failures: string[] = [];
  let answered = 0;
  let stopped = false;
  const client = async (number: number) => {
    while (!stopped) {
      try {
        const fresh = number % 2 === 0 && !keptOnly ? { agent: false as const } : { agent };
        const answer = await ask(port, { ...fresh, path: `/load/${number}` });
        if (answer.status === 200) answered += 1;
        else failures.push(`${answer.status} ${answer.body}`);
      } catch (error) {
        failures.push(String(error));
      }
    }
  };
  const all = Promise.all(Array.from({ length: clients }, (_, number) => client(number)));
  return {
    async stop() {
      stopped = true;
      await all;
      agent.destroy();
      return { answered, failures };
    },
  };
}

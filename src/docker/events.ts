import type { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { lines } from "../lib/lines.ts";
import type { EngineEvent, Labels } from "./engine.ts";
import { handled, labelFilter } from "./wire.ts";

const actions = ["start", "die", "destroy"];

/** Events from `since` (Unix milliseconds) on. The iteration ends with the signal or the connection. */
export async function subscribe(
  docker: Dockerode,
  filter: { labels: Labels; since: number },
  signal: AbortSignal,
): Promise<AsyncIterable<EngineEvent>> {
  const options = {
    // The engine answers before it has subscribed; `since` makes it replay what fell in between.
    since: (filter.since / 1000).toFixed(3),
    filters: { type: ["container"], event: actions, label: labelFilter(filter.labels) },
  };
  // dockerode's types have a callback only, and `since` as a number.
  const getEvents = docker.getEvents.bind(docker) as unknown as (options: object) => Promise<Readable>;
  const stream = handled(await getEvents(options));
  const end = (): void => void stream.destroy();
  if (signal.aborted) end();
  else signal.addEventListener("abort", end, { once: true });
  stream.once("close", () => signal.removeEventListener("abort", end));
  return read(stream);
}

async function* read(stream: Readable): AsyncGenerator<EngineEvent> {
  try {
    for await (const line of lines(stream, 1_000_000)) {
      const event = parse(line);
      if (event) yield event;
    }
  } catch (error) {
    // The connection broke or the signal closed it: an end either way.
    if (!stream.destroyed) throw error;
  }
}

interface RawEvent {
  readonly Action?: string;
  readonly Actor?: { readonly ID?: string; readonly Attributes?: Labels };
}

function parse(line: string): EngineEvent | undefined {
  if (line.trim() === "") return undefined;
  const { Action, Actor } = JSON.parse(line) as RawEvent;
  const action = actions.find((known) => known === Action) as EngineEvent["action"] | undefined;
  if (action === undefined || Actor?.ID === undefined) return undefined;
  return { action, id: Actor.ID, labels: Actor.Attributes ?? {} };
}

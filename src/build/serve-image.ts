import type { Readable } from "node:stream";
import type { Image } from "../builders/builder.ts";
import { commonLabels, confinement, environment } from "../docker/container-options.ts";
import { demultiplex } from "../docker/demux.ts";
import type { ContainerCreateOptions } from "../docker/engine.ts";
import { EngineError } from "../docker/errors.ts";
import { labels } from "../docker/labels.ts";
import { delay } from "../lib/delay.ts";
import { request } from "../lib/node-http.ts";
import type { ConfigVars } from "../model/app.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { type Process, processOf } from "./processes.ts";
import { localInstance, type Workshop } from "./workshop.ts";

export interface ServeInput {
  readonly image: Image;
  /** As in the names of what the engine keeps. */
  readonly app: string;
  readonly config: ConfigVars;
  /** On the host. */
  readonly port: number;
  /** How long the first answer may take. */
  readonly timeoutMs: number;
  /** Gets what the app prints. */
  readonly write: (bytes: Uint8Array) => void;
}

/** Runs `web` at 127.0.0.1 until the signal comes; then nothing of it is left. Throws `web-missing`, `app-ended`, `app-silent`. */
export async function serveImage(workshop: Workshop, input: ServeInput): Promise<void> {
  const { engine, progress, signal } = workshop;
  if (input.image.processTypes.web === undefined) throw webMissing(input.image);
  const web = processOf(input.image, "web", input.config);
  const id = await engine.containers.create(
    `${input.app}.web.${engine.session.slice(0, 8)}`,
    options(workshop, input, web),
  );
  try {
    const output = await engine.containers.attach(id);
    await start(workshop, id, input.port).catch((error: unknown) => {
      output.destroy();
      throw error;
    });
    const printed = print(output, input.write);
    const over = new AbortController();
    const stopped = aborted(AbortSignal.any([signal, over.signal]));
    const dead = engine.containers.wait(id).then(async (code) => {
      await printed;
      return code;
    });
    dead.catch(() => undefined);
    try {
      const outcome = await Promise.race([dead, stopped, answers(input, AbortSignal.any([signal, over.signal]))]);
      if (typeof outcome === "number") throw appEnded(outcome);
      if (outcome === false) throw appSilent(input, web);
      if (!signal.aborted) {
        progress.headline(`http://127.0.0.1:${input.port} answers (Ctrl-C ends it)`);
        const code = await Promise.race([dead, stopped]);
        if (typeof code === "number") throw appEnded(code);
      }
    } finally {
      over.abort();
    }
    progress.step("Stopping");
    await engine.containers.stop(id);
  } finally {
    await engine.containers.remove(id);
  }
}

/** Pure. Reached from this machine alone: published ports go past its firewall. */
export function options(
  { engine }: Pick<Workshop, "engine">,
  { app, port }: Pick<ServeInput, "app" | "port">,
  web: Process,
): ContainerCreateOptions {
  const inside = `${web.port}/tcp`;
  return {
    Image: web.image,
    ...(web.command && { Cmd: [...web.command] }),
    Env: environment(web.environment, { DYNO: "web.1" }),
    Labels: { ...commonLabels({ instance: localInstance }, "run", app), [labels.session]: engine.session },
    ExposedPorts: { [inside]: {} },
    StopTimeout: 10,
    HostConfig: {
      ...confinement({ pidsLimit: 4096 }),
      PortBindings: { [inside]: [{ HostIp: "127.0.0.1", HostPort: String(port) }] },
    },
  };
}

async function start({ engine }: Workshop, id: string, port: number): Promise<void> {
  try {
    await engine.containers.start(id);
  } catch (error) {
    if (!(error instanceof EngineError)) throw error;
    throw new UserError("app-not-started", `The app cannot be started at port ${port}: ${messageOf(error)}`, {
      cause: error,
    });
  }
}

async function print(output: Readable, write: (bytes: Uint8Array) => void): Promise<void> {
  try {
    for await (const { data } of demultiplex(output)) write(data);
  } finally {
    output.destroy();
  }
}

/** Whether it does before the time is over. The engine itself takes connections before the app does: only an answer counts. */
async function answers({ port, timeoutMs }: ServeInput, signal: AbortSignal): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  while (Date.now() < deadline && !signal.aborted) {
    if (await isAnswered(port)) return true;
    await delay(100);
  }
  return false;
}

function isAnswered(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const asked = request({ host: "127.0.0.1", port, path: "/", agent: false, timeout: 5_000 }, (response) => {
      response.destroy();
      resolve(true);
    });
    asked.once("timeout", () => asked.destroy());
    asked.once("close", () => resolve(false));
    asked.once("error", () => resolve(false));
    asked.end();
  });
}

function aborted(signal: AbortSignal): Promise<undefined> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve(undefined);
    signal.addEventListener("abort", () => resolve(undefined), { once: true });
  });
}

function webMissing({ processTypes }: Image): UserError {
  const types = Object.keys(processTypes).join(", ");
  return new UserError("web-missing", `The app has no process 'web' to run${types === "" ? "" : `, only ${types}`}`, {
    hint: "The image is there; a line 'web: COMMAND' in a Procfile says what answers requests",
  });
}

function appEnded(code: number): UserError {
  return new UserError("app-ended", `The app ended with exit code ${code}`);
}

function appSilent({ timeoutMs }: ServeInput, { port }: Process): UserError {
  return new UserError("app-silent", `The app did not answer within ${Math.round(timeoutMs / 1000)} seconds`, {
    hint: `It must listen on 0.0.0.0 at the port that PORT says, here ${port}`,
  });
}

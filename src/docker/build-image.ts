import type { Readable } from "node:stream";
import type Dockerode from "dockerode";
import { LineSplitter } from "../lib/line-splitter.ts";
import { type BuildSession, openBuildSession } from "./build-session.ts";
import { BuildTrace } from "./build-trace.ts";
import type { Call } from "./call.ts";
import { resources } from "./container-options.ts";
import type { ImageBuild } from "./engine.ts";
import { engineMessages } from "./messages.ts";
import { handled } from "./wire.ts";

/** A build that ended with an error of its own: a step that failed, an image that cannot be had. */
export class BuildError extends Error {
  override readonly name = "BuildError";
}

export async function buildImage(
  docker: Dockerode,
  call: Call,
  socketPath: string,
  build: ImageBuild,
  signal: AbortSignal,
): Promise<void> {
  let session: BuildSession | undefined;
  try {
    signal.throwIfAborted();
    if (build.backend === "buildkit") session = await call(() => openBuildSession(socketPath, build.secret, signal));
    const answer = await call(() => start(docker, build, session?.id, signal));
    try {
      await follow(answer, build.onLine);
    } finally {
      answer.destroy();
    }
  } catch (error) {
    signal.throwIfAborted();
    throw error;
  } finally {
    session?.close();
    build.context.destroy();
  }
}

// Not through dockerode's `buildImage`: that one brings gRPC with it and a session that knows no secrets.
function start(
  docker: Dockerode,
  build: ImageBuild,
  session: string | undefined,
  signal: AbortSignal,
): Promise<Readable> {
  const { context } = build;
  return new Promise((resolve, reject) => {
    const request = {
      path: "/build?",
      method: "POST",
      file: handled(context),
      // Closing the connection is how a build is cancelled, in either backend.
      abortSignal: signal,
      isStream: true,
      statusCodes: { 200: true, 400: "bad parameter", 500: "server error" },
      options: { ...query(build), ...(session === undefined ? {} : { version: "2", session }) },
    };
    // A source that breaks off would otherwise be waited for.
    if (context.errored !== null) throw context.errored;
    context.once("error", reject);
    const answered = (error: unknown, stream: Readable): void => (error ? reject(error) : resolve(handled(stream)));
    docker.modem.dial(request as never, answered as never);
  });
}

function query(build: ImageBuild): Record<string, unknown> {
  const { tag, dockerfile, target, platform, labels, buildArgs, noCache, pull } = build;
  return {
    t: tag,
    dockerfile,
    labels,
    buildargs: buildArgs,
    ...(target !== undefined && { target }),
    ...(platform !== undefined && { platform }),
    ...(noCache && { nocache: true }),
    ...(pull && { pull: true }),
    ...(build.network !== undefined && { networkmode: build.network }),
    ...(build.backend === "classic" && { rm: true, forcerm: true, ...limits(build) }),
  };
}

const quotaPeriod = 100_000;

function limits({ limits: { cpus, memoryBytes } }: ImageBuild): Record<string, number> {
  const { CpuShares, Memory, MemorySwap } = resources({ cpus, memoryBytes });
  const quota = { cpuperiod: quotaPeriod, cpuquota: Math.round(cpus * quotaPeriod) };
  return { cpushares: CpuShares, memory: Memory, memswap: MemorySwap, ...quota };
}

/** The classic builder paints what comes from stderr. */
function plain(text: string): string {
  return text.replaceAll("\u001b[91m", "").replaceAll("\u001b[0m", "");
}

async function follow(answer: Readable, onLine: (line: string) => void): Promise<void> {
  const trace = new BuildTrace(onLine);
  const output = new LineSplitter(onLine);
  let failure: string | undefined;
  for await (const { id, aux, stream, status, progress, error } of engineMessages(answer)) {
    failure ??= error;
    if (id === "moby.buildkit.trace" && typeof aux === "string") trace.write(Buffer.from(aux, "base64"));
    // BuildKit says so too, but nobody asked for the name.
    else if (stream !== undefined && !stream.startsWith("Successfully tagged"))
      output.write(Buffer.from(plain(stream)));
    else if (status !== undefined && progress === undefined) onLine([id, status].filter(Boolean).join(": "));
  }
  output.end();
  if (failure !== undefined) throw new BuildError(failure.trim());
}

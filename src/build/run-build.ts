import { writeFile } from "node:fs/promises";
import { availableParallelism } from "node:os";
import type { Builder, Image } from "../builders/builder.ts";
import { proxyEnvironment } from "../builders/network/environment.ts";
import { unhonouredBy } from "../builders/unhonoured-files.ts";
import { loadLocalSettings } from "../config/local.ts";
import type { Settings } from "../config/schema.ts";
import { createDockerEngine } from "../docker/create-engine.ts";
import { EngineError } from "../docker/errors.ts";
import { claimName } from "../lib/exclusive.ts";
import { freePort } from "../lib/free-port.ts";
import { createLogger } from "../lib/logger.ts";
import type { ConfigVars } from "../model/app.ts";
import { type AppManifest, missingVars, parseAppManifest } from "../model/app-manifest.ts";
import { maskOf } from "../model/config-secrets.ts";
import { messageOf, UserError } from "../model/errors.ts";
import { maskError, maskProgress } from "../model/masked-progress.ts";
import { createProgressPrinter, explainTo } from "../model/progress-printer.ts";
import { type BuildArguments, parseBuildArguments, usage } from "./arguments.ts";
import { createBuilders } from "./builders.ts";
import { composeFile } from "./compose-file.ts";
import { folderSource } from "./folder-source.ts";
import { plainName } from "./image-name.ts";
import { type MakeInput, makeImage } from "./make-image.ts";
import { serveImage } from "./serve-image.ts";
import { sweepLeftovers } from "./sweep-leftovers.ts";
import type { Workshop } from "./workshop.ts";

const canceled = new UserError("canceled", "Canceled", { exitCode: 130 });

/** `berth build`: an image of a folder, with the daemon's builders but without a daemon. Resolves with the exit code. */
export async function runBuild(words: readonly string[], root: string | undefined): Promise<number> {
  if (words.some((word) => word === "--help" || word === "-h")) {
    process.stdout.write(`${usage}\n`);
    return 0;
  }
  const stop = new AbortController();
  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.once(signal, () => stop.abort(canceled));
  try {
    await build(parseBuildArguments(words), await loadLocalSettings(root), stop.signal);
    return 0;
  } catch (error) {
    return explainTo((text) => process.stderr.write(text), asUserError(error));
  }
}

/** What the engine or the file system has refused is the user's to mend; all else is a bug, and is thrown. */
function asUserError(error: unknown): UserError {
  if (error instanceof UserError) return error;
  const ofFile = error instanceof Error && "syscall" in error;
  if (ofFile || error instanceof EngineError) return new UserError("build-failed", error.message, { cause: error });
  throw error;
}

async function build(wanted: BuildArguments, settings: Settings, stop: AbortSignal): Promise<void> {
  // Before the build: it should not have been for nothing.
  const port = wanted.port === undefined ? undefined : await openPort(wanted.port);
  const source = await folderSource(wanted.folder, { gitignore: true });
  const manifest = parseAppManifest((await source.read("app.json")) ?? "{}", "app.json");
  const config = { ...wanted.config, ...ofManifest(manifest, wanted.config) };
  const output = wanted.composeFile === "-" ? process.stderr : process.stdout;
  const progress = createProgressPrinter((text) => output.write(text));
  const shop = await workshop(settings, { progress, stop });
  const app = plainName(wanted.name.repository);
  const reference = `${wanted.name.repository}:${wanted.name.tag}`;
  progress.step(`Making the image ${reference} of ${wanted.folder}`);
  const unhonoured = await unhonouredBy({ source, manifest, manifestPath: "app.json", config });
  for (const sentence of unhonoured) progress.warn(sentence);
  const image = await alone(app, async () => {
    await sweepLeftovers(shop, app);
    return await makeMasked(shop, createBuilders(settings, shop, wanted), { wanted, source, manifest, config });
  });
  progress.headline(`The image ${image.reference} is ready`);
  if (wanted.composeFile !== undefined) await writeCompose(wanted.composeFile, composeFile(image, { config, port }));
  if (port === undefined) return;
  const write = (bytes: Uint8Array): void => void output.write(bytes);
  const timeoutMs = settings.healthTimeout;
  await serveImage({ ...shop, signal: stop }, { image, app, config, port, timeoutMs, write });
}

/** What a build prints is often kept: the values of config vars are not in it. */
async function makeMasked(shop: Workshop, builders: readonly Builder[], input: MakeInput): Promise<Image> {
  const mask = maskOf(input.config, [plainName(input.wanted.name.repository)]);
  const progress = maskProgress(shop.progress, () => mask);
  try {
    return await makeImage({ ...shop, progress }, builders, input);
  } catch (error) {
    throw maskError(error, mask);
  } finally {
    progress.end();
  }
}

/** Builds of one name share a cache, and what one of them has in the works is no leftover of another. */
async function alone<T>(app: string, work: () => Promise<T>): Promise<T> {
  const claim = await claimName(`berth build ${app}`);
  if (claim === undefined) throw new UserError("build-running", "An image of this name is being built already");
  try {
    return await work();
  } finally {
    claim.release();
  }
}

async function workshop(
  settings: Settings,
  { progress, stop }: Pick<Workshop, "progress"> & { stop: AbortSignal },
): Promise<Workshop> {
  const limits = {
    cpus: Math.min(settings.buildCpus, availableParallelism()),
    memoryBytes: settings.buildMemory,
  };
  return {
    engine: createDockerEngine({ socketPath: settings.dockerSocket }),
    logger: await createLogger(settings.logLevel, settings.logFormat !== "json"),
    proxies: proxyEnvironment(settings),
    signal: AbortSignal.any([stop, timeLimit(settings.buildTimeout)]),
    ...{ limits, progress },
  };
}

function timeLimit(ms: number): AbortSignal {
  const limit = new AbortController();
  const minutes = Math.round(ms / 6_000) / 10;
  const late = new UserError("build-timeout", `The build was stopped: it took longer than ${minutes} minutes`, {
    hint: "If it needs more time, set BERTH_BUILD_TIMEOUT, for example to 2h",
  });
  setTimeout(() => limit.abort(late), ms).unref();
  return limit.signal;
}

function ofManifest({ env }: AppManifest, present: ConfigVars): ConfigVars {
  // What is required must be there when the app runs; whoever builds it may not know it.
  const optional = Object.entries(env).map(([name, variable]) => [name, { ...variable, required: false }]);
  return missingVars(Object.fromEntries(optional), present);
}

async function writeCompose(path: string, text: string): Promise<void> {
  if (path === "-") {
    process.stdout.write(text);
    return;
  }
  try {
    await writeFile(path, text);
  } catch (error) {
    throw new UserError("file-not-written", `${path} cannot be written: ${messageOf(error)}`, { cause: error });
  }
}

async function openPort(wanted: number): Promise<number> {
  try {
    return await freePort("127.0.0.1", wanted);
  } catch (error) {
    throw new UserError("port-in-use", `Port ${wanted} of 127.0.0.1 cannot be used: ${messageOf(error)}`, {
      hint: "Choose another one with --port; with 0, any that is free is taken",
    });
  }
}

import { randomBytes } from "node:crypto";
import { joinAppNetwork } from "../../docker/app-network.ts";
import { dynoOptions } from "../../docker/container-options.ts";
import { EngineError, hasStatus } from "../../docker/errors.ts";
import { type Dyno, type DynoSpec, dynoName } from "../../model/dyno.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import type { Context } from "./context.ts";

// Addresses that somebody put on the network by hand are found out one at a time.
const addressAttempts = 10;

export async function startDyno(context: Context, spec: DynoSpec): Promise<Dyno> {
  for (let attempt = 1; ; attempt++) {
    const address = await context.addresses.take();
    try {
      return await startAt(context, spec, address);
    } catch (error) {
      if (!isAddressTaken(error) || attempt === addressAttempts) throw error;
      context.logger.warn({ address, app: spec.app }, "address is in use by a foreign container");
    }
  }
}

async function startAt(context: Context, spec: DynoSpec, address: string): Promise<Dyno> {
  const { engine, addresses } = context;
  const createdAt = Date.now();
  const id = await create(context, spec, address);
  addresses.assign(address, id);
  try {
    if (spec.runtime !== undefined && spec.runtime.aliases.length > 0) {
      const { appId, aliases } = spec.runtime;
      await joinAppNetwork(context.appNetworks, appId, id, aliases);
    }
    await engine.containers.start(id);
  } catch (error) {
    await engine.containers.remove(id);
    // A taken address stays marked: it is not ours to hand out again.
    if (!isAddressTaken(error)) addresses.giveBack(id);
    throw asUserError(error, spec);
  }
  const { app, processType, number, release, port, image } = spec;
  const state = "running";
  return {
    id,
    app,
    processType,
    number,
    release,
    state,
    address,
    port,
    exitCode: undefined,
    restarts: 0,
    image,
    createdAt,
  };
}

async function create(context: Context, spec: DynoSpec, address: string): Promise<string> {
  const { engine, instance, network, settings, addresses } = context;
  const place = { instance, network: network.name, address };
  try {
    return await engine.containers.create(containerName(spec), dynoOptions(spec, place, settings));
  } catch (error) {
    addresses.abandon(address);
    throw asUserError(error, spec);
  }
}

/** `APP.web.1.v3-RANDOM`: old and new dynos of a deploy are there at one time. */
function containerName(spec: DynoSpec): string {
  return `${spec.app}.${dynoName(spec)}.v${spec.release}-${randomBytes(4).toString("hex")}`;
}

function isAddressTaken(error: unknown): boolean {
  return error instanceof EngineError && /address already in use/i.test(error.message);
}

/** Translates what the app's own config or image causes. */
export function asUserError(error: unknown, { image, app }: { image: string; app: string }): unknown {
  if (hasStatus(error, 404) && /no such image/i.test(messageOf(error))) {
    return new UserError("image-missing", `Image ${image} of ${app} is not on the Docker engine any more`, {
      hint: `Push ${app} again to build a new one`,
      cause: error,
    });
  }
  const [, reason] = /OCI runtime create failed: (.*?)(?:: unknown)?$/s.exec(messageOf(error)) ?? [];
  if (reason === undefined) return error;
  return new UserError("dyno-cannot-start", `The engine cannot start a container of ${app}: ${withoutValues(reason)}`, {
    cause: error,
  });
}

// The message has the whole variable in it, and this one is shown and logged.
function withoutValues(reason: string): string {
  return /can't contain null/.test(reason) ? "the value of a config var has a null character in it" : reason;
}

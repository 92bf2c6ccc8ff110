import { type ContainerSettings, defaultContainerSettings } from "../../docker/container-options.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import type { BerthNetwork } from "../../docker/network.ts";
import type { Logger } from "../../lib/logger.ts";
import { Mutex } from "../../lib/mutex.ts";
import type { Scheduler } from "../scheduler.ts";
import { AddressBook } from "./address-book.ts";
import { attach } from "./attach.ts";
import type { Context } from "./context.ts";
import { listDynos } from "./list.ts";
import { listeners } from "./listeners.ts";
import { logs } from "./logs.ts";
import { startDyno } from "./start.ts";
import { watch } from "./watch.ts";

export interface DockerLocalOptions {
  readonly engine: DockerEngine;
  /** Id of this Berth: it sees and touches nothing without it. */
  readonly instance: string;
  readonly network: BerthNetwork;
  readonly logger: Logger;
  readonly settings?: Partial<ContainerSettings>;
}

/** Dynos as containers of the Docker engine on this machine. */
export function createDockerLocalScheduler(options: DockerLocalOptions): Scheduler {
  const { engine, instance, network } = options;
  const context: Context = {
    ...options,
    settings: { ...defaultContainerSettings, ...options.settings },
    addresses: new AddressBook(engine, instance, network),
    appNetworks: { engine, instance, making: new Mutex() },
  };
  return {
    list: (app) => listDynos(context, app),
    start: (spec) => startDyno(context, spec),
    stop: async (id) => {
      await engine.containers.stop(id);
      await engine.containers.remove(id);
      context.addresses.giveBack(id);
    },
    watch: (signal) => watch(context, signal),
    attach: (spec, io) => attach(context, spec, io),
    logs: (id, logOptions) => logs(engine, id, logOptions),
    listeners: (id) => listeners(context, id),
  };
}

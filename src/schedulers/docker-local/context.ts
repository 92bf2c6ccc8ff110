import type { AppNetworks } from "../../docker/app-network.ts";
import type { ContainerSettings } from "../../docker/container-options.ts";
import type { DockerEngine } from "../../docker/engine.ts";
import type { BerthNetwork } from "../../docker/network.ts";
import type { Logger } from "../../lib/logger.ts";
import type { AddressBook } from "./address-book.ts";

/** What the parts of this scheduler share. */
export interface Context {
  readonly engine: DockerEngine;
  readonly instance: string;
  readonly network: BerthNetwork;
  readonly logger: Logger;
  readonly settings: ContainerSettings;
  readonly addresses: AddressBook;
  readonly appNetworks: AppNetworks;
}

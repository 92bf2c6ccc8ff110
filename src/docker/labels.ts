/** Labels tell what a container, network, volume or image of Berth is, so that it survives the daemon. */
export const labels = {
  /** Which Berth it belongs to: several may share an engine. */
  instance: "berth.instance",
  /** What it is: see `Kind`. Everything has one of its own, as containers inherit the labels of their image. */
  kind: "berth.type",
  /** Which run of the daemon made it. Only on what must not outlive that. */
  session: "berth.session",
  /** Stamp (model/stamp.ts) of what stays. */
  store: "berth.store",
  generation: "berth.generation",
  app: "berth.app",
  /** Of what outlives a rename. */
  appId: "berth.app-id",
  processType: "berth.process-type",
  dyno: "berth.dyno",
  number: "berth.number",
  release: "berth.release",
  /** What the store knows of that release but its config, as JSON: a store that has lost it can be given it again. */
  origin: "berth.origin",
  /** Of an image: the commit it was built from. */
  commit: "berth.commit",
  /** Of an image: `buildpack` or `dockerfile`. */
  builder: "berth.builder",
  port: "berth.port",
  address: "berth.address",
  build: "berth.build",
  /** Name of the cache volume that a build uses. */
  cache: "berth.cache",
  /** Of a base image: what is in it, and the id of the run image that it stands on. */
  baseKey: "berth.base-key",
  baseRunImage: "berth.base-run-image",
} as const;

/**
 * `slug`: a container that is only there to be committed. `probe`: a network that is only there to learn a free subnet.
 * `data`: a volume of an app's. `app-network`: joins the services of one app's compose file.
 */
export type Kind =
  | "dyno"
  | "run"
  | "build"
  | "slug"
  | "image"
  | "base"
  | "cache"
  | "data"
  | "network"
  | "app-network"
  | "probe";

/** What tools written for Dokku look for. */
export const dokkuLabels = {
  app: "com.dokku.app-name",
  processType: "com.dokku.process-type",
  dyno: "com.dokku.dyno",
  containerType: "com.dokku.container-type",
} as const;

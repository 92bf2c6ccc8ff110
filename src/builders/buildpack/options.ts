import {
  authorityMounts,
  commonLabels,
  confinement,
  dynoUser,
  environment,
  resources,
} from "../../docker/container-options.ts";
import type { ContainerCreateOptions } from "../../docker/engine.ts";
import { cacheVolume } from "../../docker/image-store.ts";
import { labels } from "../../docker/labels.ts";
import type { ConfigVars } from "../../model/app.ts";
import type { BuildLimits } from "../builder.ts";
import { networkEnvironment } from "../network/environment.ts";
import type { BuildNetwork } from "../network/network.ts";

/** What one build is about. */
export interface BuildPlan {
  readonly instance: string;
  readonly session: string;
  readonly network: string;
  readonly app: string;
  readonly appId: string;
  readonly buildId: string;
  readonly commit: string;
  readonly limits: BuildLimits;
}

export interface BuildSettings {
  readonly buildImage: string;
  readonly runImage: string;
  readonly buildNetwork: BuildNetwork;
  readonly pidsLimit: number;
}

const user = `${dynoUser}:${dynoUser}`;

/** The container that runs the buildpack: the source arrives on its stdin. */
export function buildOptions(
  plan: BuildPlan,
  settings: BuildSettings,
  { baseKey, stack }: { readonly baseKey: string; readonly stack?: string | undefined },
): ContainerCreateOptions {
  const { caFile } = settings.buildNetwork;
  const cache = cacheVolume(plan.instance, plan.appId);
  return {
    Image: settings.buildImage,
    Cmd: ["/build", "-"],
    User: user,
    Env: environment(networkEnvironment(settings.buildNetwork), {
      ...ours(plan),
      ...(stack === undefined ? {} : { STACK: stack }),
      BERTH_BASE: baseKey,
    }),
    Labels: { ...commonLabels(plan, "build", plan.app), ...ownLabels(plan), [labels.cache]: cache },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...confinement(settings),
      ...resources(plan.limits),
      // The output is read as it comes; a copy on disk would have no reader.
      LogConfig: { Type: "none", Config: {} },
      NetworkMode: plan.network,
      Mounts: [
        {
          Type: "volume",
          Source: cache,
          Target: "/tmp/cache",
          VolumeOptions: {
            NoCopy: false,
            Labels: { ...commonLabels(plan, "cache", plan.app), [labels.appId]: plan.appId },
            DriverConfig: { Name: "local", Options: {} },
          },
        },
        ...authorityMounts(caFile),
      ],
    },
  };
}

function ours(plan: BuildPlan): ConfigVars {
  return { SOURCE_VERSION: plan.commit, REQUEST_ID: plan.buildId };
}

/** The container that files are put into to become an image on top of another. It is never started. */
export function slugOptions(plan: BuildPlan, image: string): ContainerCreateOptions {
  return {
    Image: image,
    Labels: { ...commonLabels(plan, "slug", plan.app), ...ownLabels(plan) },
    HostConfig: { NetworkMode: "none" },
  };
}

/** What the image says of itself; the rest is as in the run image. */
export function imageConfig(plan: BuildPlan): object {
  return {
    User: user,
    WorkingDir: "/app",
    Env: ["HOME=/app"],
    Cmd: ["/start", "web"],
    Labels: {
      ...commonLabels(plan, "image", plan.app),
      [labels.appId]: plan.appId,
      [labels.build]: plan.buildId,
      [labels.commit]: plan.commit,
      [labels.builder]: "buildpack",
    },
  };
}

/** What a base image says of itself. */
export function baseConfig(plan: BuildPlan, base: { readonly key: string; readonly runImageId: string }): object {
  return {
    Labels: {
      ...commonLabels(plan, "base", plan.app),
      [labels.baseKey]: base.key,
      [labels.baseRunImage]: base.runImageId,
    },
  };
}

export function containerName(plan: BuildPlan, kind: "build" | "slug" | "base"): string {
  return `${plan.app}.${kind}.${plan.buildId}`;
}

function ownLabels(plan: BuildPlan): Record<string, string> {
  return { [labels.session]: plan.session, [labels.build]: plan.buildId };
}

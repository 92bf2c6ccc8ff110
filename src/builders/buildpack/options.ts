import { commonLabels, confinement, dynoUser, environment } from "../../docker/container-options.ts";
import type { ContainerCreateOptions } from "../../docker/engine.ts";
import { cacheVolume } from "../../docker/image-store.ts";
import { labels } from "../../docker/labels.ts";
import type { ConfigVars } from "../../model/app.ts";

/** What one build is about. */
export interface BuildPlan {
  readonly instance: string;
  readonly session: string;
  readonly network: string;
  readonly app: string;
  readonly appId: string;
  readonly buildId: string;
  readonly commit: string;
}

export interface BuildSettings {
  readonly buildImage: string;
  readonly runImage: string;
  /** Bundle of authorities on the host that builds trust in place of the image's own. */
  readonly caFile: string | undefined;
  /** Further variables of the build itself, e.g. for a proxy. Config vars are not among them: they are files. */
  readonly environment: ConfigVars;
  readonly pidsLimit: number;
}

const user = `${dynoUser}:${dynoUser}`;
const authorities = "/etc/ssl/certs/ca-certificates.crt";

/** The container that runs the buildpack: the source arrives on its stdin. */
export function buildOptions(plan: BuildPlan, settings: BuildSettings): ContainerCreateOptions {
  const { caFile } = settings;
  const cache = cacheVolume(plan.instance, plan.appId);
  const trust = caFile === undefined ? {} : { SSL_CERT_FILE: authorities, NODE_EXTRA_CA_CERTS: authorities };
  return {
    Image: settings.buildImage,
    Cmd: ["/build", "-"],
    User: user,
    Env: environment({ ...trust, ...settings.environment }, { SOURCE_VERSION: plan.commit, REQUEST_ID: plan.buildId }),
    Labels: { ...commonLabels(plan, "build", plan.app), ...ownLabels(plan), [labels.cache]: cache },
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: {
      ...confinement(settings),
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
            Labels: { ...commonLabels(plan, "cache", plan.app) },
            DriverConfig: { Name: "local", Options: {} },
          },
        },
        ...(caFile === undefined
          ? []
          : [{ Type: "bind" as const, Source: caFile, Target: authorities, ReadOnly: true }]),
      ],
    },
  };
}

/** The container that the built app is put into to become an image. It is never started. */
export function slugOptions(plan: BuildPlan, settings: BuildSettings): ContainerCreateOptions {
  return {
    Image: settings.runImage,
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
    Labels: { ...commonLabels(plan, "image", plan.app), [labels.build]: plan.buildId },
  };
}

export function containerName(plan: BuildPlan, kind: "build" | "slug"): string {
  return `${plan.app}.${kind}.${plan.buildId}`;
}

/** `berth-INSTANCE/APP:BUILD`. The engine refuses two different separators in a row, which app names may have. */
export function imageName(plan: BuildPlan): { repository: string; tag: string } {
  const app = plan.app.replace(/[.-]{2,}/g, (separators) => (/^-+$/.test(separators) ? separators : "-"));
  return { repository: `berth-${plan.instance}/${app}`, tag: plan.buildId };
}

function ownLabels(plan: BuildPlan): Record<string, string> {
  return { [labels.session]: plan.session, [labels.build]: plan.buildId };
}

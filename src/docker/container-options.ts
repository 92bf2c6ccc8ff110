import type { BuildLimits } from "../builders/builder.ts";
import type { ConfigVars } from "../model/app.ts";
import { authorities, trust } from "../model/authorities.ts";
import { type DynoSpec, dynoName, type RestartPolicy } from "../model/dyno.ts";
import type { DynoRuntime } from "../model/runtime.ts";
import type { TerminalSize } from "../schedulers/scheduler.ts";
import type { ContainerCreateOptions } from "./engine.ts";
import { dokkuLabels, type Kind, labels } from "./labels.ts";

/** What one dyno may use of the machine. */
export interface ResourceLimits {
  readonly memoryBytes: number;
  /** Swap beside it: 0 on a machine that has none. */
  readonly swapBytes: number;
  readonly cpus: number;
}

/** What the operator decides for all containers. */
export interface ContainerSettings {
  /** Undefined: all that there is. */
  readonly limits?: ResourceLimits | undefined;
  /** Processes and threads that one container may have. */
  readonly pidsLimit: number;
  /** As Docker writes sizes: `10m`. */
  readonly logMaxSize: string;
  readonly logMaxFiles: number;
  /** Bundle of authorities on the host that containers trust in place of their image's own. */
  readonly caFile?: string | undefined;
}

export const defaultContainerSettings: ContainerSettings = { pidsLimit: 1024, logMaxSize: "10m", logMaxFiles: 3 };

/** What every container of one Berth has in common. */
export interface Place {
  readonly instance: string;
  /** Name of the Berth network. */
  readonly network: string;
}

/** Id of the unprivileged user in Berth's images. */
export const dynoUser = 32767;

/** `address` is fixed: the router's table stays right when the engine restarts the container and no daemon is there. */
export function dynoOptions(
  spec: DynoSpec,
  place: Place & { readonly address: string },
  settings: ContainerSettings,
): ContainerCreateOptions {
  const dyno = dynoName(spec);
  return {
    Image: spec.image,
    ...process(spec),
    Env: environment(
      { ...trusting(settings), ...spec.config },
      { DYNO: dyno, ...(spec.port === undefined ? {} : { PORT: String(spec.port) }) },
    ),
    Labels: {
      ...commonLabels(place, "dyno", spec.app),
      [labels.processType]: spec.processType,
      [labels.dyno]: dyno,
      [labels.number]: String(spec.number),
      [labels.release]: String(spec.release),
      [labels.address]: place.address,
      ...(spec.port === undefined ? {} : { [labels.port]: String(spec.port) }),
      ...(spec.origin && { [labels.appId]: spec.origin.appId, [labels.origin]: JSON.stringify(spec.origin) }),
      [dokkuLabels.processType]: spec.processType,
      [dokkuLabels.dyno]: dyno,
      [dokkuLabels.containerType]: "deploy",
    },
    StopTimeout: spec.stopTimeoutSeconds,
    HostConfig: {
      ...(spec.runtime === undefined ? confinement(settings) : imageConfinement(settings)),
      ...mounts([...volumes(spec, place.instance), ...authorityMounts(settings.caFile)]),
      RestartPolicy: restartPolicy(spec.restartPolicy),
      LogConfig: {
        Type: "json-file",
        Config: { "max-size": settings.logMaxSize, "max-file": String(settings.logMaxFiles) },
      },
      NetworkMode: place.network,
    },
    NetworkingConfig: { EndpointsConfig: { [place.network]: { IPAMConfig: { IPv4Address: place.address } } } },
  };
}

export interface RunContainer {
  readonly app: string;
  readonly release: number;
  readonly image: string;
  readonly command: readonly string[];
  /** The image is not of the buildpacks' make. */
  readonly ownImage?: boolean;
  readonly process?: Pick<DynoRuntime, "entrypoint" | "user" | "workingDir">;
  readonly config: ConfigVars;
  readonly stopTimeoutSeconds: number;
  /** `run.1234` */
  readonly name: string;
  /** The caller's terminal, where there is one; `name` is its `TERM`. */
  readonly terminal: { readonly name: string; readonly size: TerminalSize } | undefined;
}

export function runOptions(
  run: RunContainer,
  place: Place & { readonly session: string },
  settings: ContainerSettings,
): ContainerCreateOptions {
  const { terminal } = run;
  const withTerminal = terminal !== undefined;
  return {
    Image: run.image,
    // An image of another make has no /exec; its ENTRYPOINT, where it has one, gets the words.
    Cmd: run.ownImage ? [...run.command] : ["/exec", ...run.command],
    ...ownProcess(run.process ?? {}),
    Env: environment(
      { ...trusting(settings), ...(withTerminal ? { TERM: terminal.name } : {}), ...run.config },
      { DYNO: run.name },
    ),
    Labels: {
      ...commonLabels(place, "run", run.app),
      [labels.session]: place.session,
      [labels.dyno]: run.name,
      [labels.release]: String(run.release),
      [dokkuLabels.dyno]: run.name,
      [dokkuLabels.containerType]: "run",
    },
    Tty: withTerminal,
    OpenStdin: true,
    StdinOnce: true,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
    StopTimeout: run.stopTimeoutSeconds,
    // What a terminal sends when it goes away; an interactive shell ignores SIGTERM.
    ...(withTerminal ? { StopSignal: "SIGHUP" } : {}),
    HostConfig: {
      ...(run.ownImage ? imageConfinement(settings) : confinement(settings)),
      ...mounts(authorityMounts(settings.caFile)),
      // Engines before 23 pass over it: there the size comes just after the start.
      ...(withTerminal ? { ConsoleSize: [terminal.size.rows, terminal.size.columns] as [number, number] } : {}),
      // The caller reads it; a copy on disk would have no reader.
      LogConfig: { Type: "none", Config: {} },
      NetworkMode: place.network,
    },
  };
}

// When the machine itself is out of memory, the kernel kills builds first, then dynos; the daemon and its router last.
const dynoKilledFirst = 300;
const buildKilledFirst = 600;

function dynoResources({ limits }: Pick<ContainerSettings, "limits">) {
  if (limits === undefined) return {};
  const { memoryBytes, swapBytes, cpus } = limits;
  return { NanoCpus: Math.round(cpus * 1e9), Memory: memoryBytes, MemorySwap: memoryBytes + swapBytes };
}

/** What a container may do that runs other people's code: as little as the engine allows. */
export function confinement(settings: Pick<ContainerSettings, "pidsLimit" | "limits">) {
  return {
    ...dynoResources(settings),
    OomScoreAdj: dynoKilledFirst,
    Init: true,
    CapDrop: ["ALL"],
    SecurityOpt: ["no-new-privileges"],
    PidsLimit: settings.pidsLimit,
  };
}

/**
 * Images of other makes often start as root, hand their files to another user and become that one (nginx, redis, postgres),
 * which these allow. A process that is not root has none of them, and nothing gets back what it has given up.
 */
const imageCapabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "NET_BIND_SERVICE", "SETGID", "SETUID"];

function imageConfinement(settings: Pick<ContainerSettings, "pidsLimit" | "limits">) {
  return { ...confinement(settings), CapAdd: imageCapabilities };
}

/** What runs: the line through Berth's own /exec, or what the runtime says of an image of another make. */
function process({ command, runtime }: DynoSpec): ContainerCreateOptions {
  if (runtime === undefined) return { Cmd: ["/exec", "bash", "-c", command] };
  return { ...(runtime.command && { Cmd: [...runtime.command] }), ...ownProcess(runtime) };
}

function ownProcess({ entrypoint, user, workingDir }: Pick<DynoRuntime, "entrypoint" | "user" | "workingDir">) {
  return {
    ...(entrypoint && { Entrypoint: [...entrypoint] }),
    ...(user !== undefined && { User: user }),
    ...(workingDir !== undefined && { WorkingDir: workingDir }),
  };
}

function volumes({ app, runtime }: DynoSpec, instance: string) {
  if (runtime === undefined) return [];
  return runtime.volumes.map(({ name, target, readOnly }) => ({
    Type: "volume" as const,
    Source: dataVolume(instance, runtime.appId, name),
    Target: target,
    ReadOnly: readOnly,
    VolumeOptions: {
      NoCopy: false,
      Labels: { ...commonLabels({ instance }, "data", app), [labels.appId]: runtime.appId },
      DriverConfig: { Name: "local", Options: {} },
    },
  }));
}

/** The host's authorities where programs look for them. */
export function authorityMounts(caFile: string | undefined) {
  return caFile === undefined ? [] : [{ Type: "bind" as const, Source: caFile, Target: authorities, ReadOnly: true }];
}

function trusting({ caFile }: ContainerSettings): ConfigVars {
  return caFile === undefined ? {} : trust;
}

function mounts<T>(all: readonly T[]): { Mounts?: T[] } {
  return all.length === 0 ? {} : { Mounts: [...all] };
}

/** Name of a volume that an app's compose file declares. */
export function dataVolume(instance: string, appId: string, name: string): string {
  return `berth-${instance}-data-${appId}-${name}`;
}

// The engine's default is 1024: where there is not enough for all, running apps get four times as much.
const buildShare = 256;

/** What a build may use. Without swap: what does not fit into the memory must not slow down the whole host before it is killed. */
export function resources({ cpus, memoryBytes }: BuildLimits) {
  return {
    CpuShares: buildShare,
    NanoCpus: Math.round(cpus * 1e9),
    Memory: memoryBytes,
    MemorySwap: memoryBytes,
    OomScoreAdj: buildKilledFirst,
  };
}

/** `reserved` names win. Values are passed as they are, newlines and all. */
export function environment(config: ConfigVars, reserved: ConfigVars): string[] {
  return Object.entries({ ...config, ...reserved }).map(([key, value]) => `${key}=${value}`);
}

export function commonLabels(place: { readonly instance: string }, kind: Kind, app: string) {
  return {
    [labels.instance]: place.instance,
    [labels.kind]: kind,
    [labels.app]: app,
    [dokkuLabels.app]: app,
  };
}

/** `on-failure:10` as the engine takes it. */
export function restartPolicy(policy: RestartPolicy): { Name: string; MaximumRetryCount?: number } {
  const [name, count] = policy.split(":") as [string, string?];
  return count === undefined ? { Name: name } : { Name: name, MaximumRetryCount: Number(count) };
}

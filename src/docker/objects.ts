import type Dockerode from "dockerode";
import { buildImage } from "./build-image.ts";
import { type Call, ifThere } from "./call.ts";
import type { ImageDetails, Images, NetworkDetails, NetworkOptions, Networks, Volumes } from "./engine.ts";
import { loadImage, pullImage } from "./transfer-image.ts";
import { labelFilter } from "./wire.ts";

export function imagesOf(docker: Dockerode, call: Call, socketPath: string): Images {
  const summaries: Images["summaries"] = (labels) =>
    call(async () => {
      const found = await docker.listImages({ filters: { label: labelFilter(labels) } });
      // Null where it has none, whatever the types say.
      const named = found.flatMap(({ RepoTags, Labels }) =>
        (RepoTags ?? []).map((reference) => ({ reference, labels: Labels ?? {} })),
      );
      return named.filter(({ reference }) => reference !== "<none>:<none>");
    });
  return {
    inspect: async (reference) => {
      const found = await ifThere(call(() => docker.getImage(reference).inspect()));
      return found && imageDetails(found);
    },
    list: async (labels) => (await summaries(labels)).map(({ reference }) => reference),
    summaries,
    untagged: (labels) =>
      call(async () => {
        const filters = { label: labelFilter(labels), dangling: ["true"] };
        return (await docker.listImages({ filters })).map(({ Id }) => Id);
      }),
    pruneUntagged: (labels) =>
      call(async () => {
        const filters = { label: labelFilter(labels), dangling: ["true"] };
        const { ImagesDeleted } = await docker.pruneImages({ filters });
        return (ImagesDeleted ?? []).filter(({ Deleted }) => Deleted !== undefined).length;
      }),
    remove: async (reference) => {
      await ifThere(call(() => docker.getImage(reference).remove()));
    },
    tag: (reference, { repository, tag }) =>
      call(async () => {
        await docker.getImage(reference).tag({ repo: repository, tag });
      }),
    build: (build, signal) => buildImage(docker, call, socketPath, build, signal),
    pull: (reference, onLine, signal) => call(() => pullImage(docker, reference, onLine, signal)),
    load: (tar, signal) => call(() => loadImage(docker, tar, signal)),
  };
}

function imageDetails({ Id, Config }: Dockerode.ImageInspectInfo): ImageDetails {
  // Each is null where the image does not say it, whatever the types say.
  const { Labels, Cmd, Entrypoint, User, WorkingDir, ExposedPorts } = Config;
  return {
    id: Id,
    labels: Labels ?? {},
    command: Cmd ?? [],
    entrypoint: [Entrypoint ?? []].flat(),
    user: User ?? "",
    workingDir: WorkingDir ?? "",
    exposed: Object.keys(ExposedPorts ?? {}),
  };
}

export function volumesOf(docker: Dockerode, call: Call): Volumes {
  return {
    list: (labels) =>
      call(async () => {
        const { Volumes: found } = await docker.listVolumes({ filters: { label: labelFilter(labels) } });
        return (found ?? []).map((volume) => ({ name: volume.Name, labels: volume.Labels ?? {} }));
      }),
    labels: async (name) => {
      const found = await ifThere(call(() => docker.getVolume(name).inspect()));
      return found && (found.Labels ?? {});
    },
    remove: async (name) => {
      await ifThere(call(() => docker.getVolume(name).remove()));
    },
  };
}

export function networksOf(docker: Dockerode, call: Call): Networks {
  return {
    create: (options) => call(async () => (await docker.createNetwork(createOptions(options))).id),
    inspect: async (name) => {
      const found = await ifThere(call(() => docker.getNetwork(name).inspect()));
      return found && details(found as Dockerode.NetworkInspectInfo);
    },
    list: (labels) =>
      call(async () => {
        const found = await docker.listNetworks({ filters: { label: labelFilter(labels) } });
        return found.map((network) => ({ id: network.Id, labels: network.Labels ?? {} }));
      }),
    connect: (name, container, aliases, address) =>
      call(async () => {
        const fixed = address === undefined ? {} : { IPAMConfig: { IPv4Address: address } };
        const config = { Container: container, EndpointConfig: { Aliases: [...aliases], ...fixed } };
        await docker.getNetwork(name).connect(config);
      }),
    remove: async (id) => {
      await ifThere(call(() => docker.getNetwork(id).remove()));
    },
  };
}

function createOptions(options: NetworkOptions): Dockerode.NetworkCreateOptions {
  const { subnet, range, gateway } = options;
  const config = subnet === undefined ? undefined : { Subnet: subnet, IPRange: range, Gateway: gateway };
  return {
    Name: options.name,
    // Engines before 25 allow two networks of one name otherwise.
    CheckDuplicate: true,
    Driver: "bridge",
    Internal: options.internal ?? false,
    Labels: { ...options.labels },
    Options: { ...options.options },
    ...(config && { IPAM: { Driver: "default", Config: [config as never] } }),
  };
}

function details(found: Dockerode.NetworkInspectInfo): NetworkDetails {
  const config = found.IPAM?.Config?.[0] as { Subnet?: string; IPRange?: string; Gateway?: string } | undefined;
  return {
    id: found.Id,
    driver: found.Driver,
    labels: found.Labels ?? {},
    options: found.Options ?? {},
    subnet: config?.Subnet,
    range: config?.IPRange,
    gateway: config?.Gateway,
    containers: Object.fromEntries(
      Object.entries(found.Containers ?? {}).map(([id, { IPv4Address }]) => [
        id,
        IPv4Address?.split("/")[0] || undefined,
      ]),
    ),
  };
}

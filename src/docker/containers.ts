import type { Duplex, Readable } from "node:stream";
import type Dockerode from "dockerode";
import { type Call, ifThere } from "./call.ts";
import { demultiplex } from "./demux.ts";
import type { ContainerDetails, Containers } from "./engine.ts";
import { hasStatus } from "./errors.ts";
import { withinTime } from "./time-limit.ts";
import { endedBy, handled, labelFilter } from "./wire.ts";

export function containersOf(docker: Dockerode, call: Call, changeMs: number): Containers {
  const at = (id: string): Dockerode.Container => docker.getContainer(id);
  return {
    create: (name, options) => call(async () => (await docker.createContainer({ ...options, name })).id),
    start: (id) => call(() => at(id).start()),
    stop: (id) => stop(at(id), call, changeMs),
    remove: (id) => remove(at(id), call),
    inspect: async (id) => {
      const found = await ifThere(call(() => at(id).inspect()));
      return found && details(found);
    },
    list: (labels) =>
      call(async () => {
        const found = await docker.listContainers({ all: true, filters: { label: labelFilter(labels) } });
        return found.map((container) => ({ id: container.Id, labels: container.Labels, status: container.State }));
      }),
    attach: (id) =>
      call(async () => {
        const options = { stream: true, stdin: true, stdout: true, stderr: true, hijack: true };
        return handled((await at(id).attach(options)) as Duplex);
      }),
    wait: (id, signal) => call(async () => ((await at(id).wait(endedBy(signal))) as { StatusCode: number }).StatusCode),
    resize: (id, size) => call(() => at(id).resize({ w: size.columns, h: size.rows })),
    logs: (id, options) => call(async () => handled(await logs(docker, id, options))),
    output: (id, command) => call(() => output(at(id), command)),
    getArchive: (id, path) => call(async () => handled((await at(id).getArchive({ path })) as Readable)),
    putArchive: (id, path, tar, signal) => call(() => putArchive(at(id), { path, tar, signal })),
    commit: (id, image, config, signal) =>
      call(async () => {
        const query = { container: id, repo: image.repository, tag: image.tag, pause: false };
        await at(id).commit({ _query: query, _body: config, ...endedBy(signal) } as never);
      }),
  };
}

// The engine's, for a container that says nothing else.
const defaultGraceSeconds = 10;

/** The engine answers once the container has ended, which may take all of its grace. */
async function stop(container: Dockerode.Container, call: Call, changeMs: number): Promise<void> {
  try {
    const { Config } = await call(() => container.inspect());
    const { StopTimeout = defaultGraceSeconds } = Config as { StopTimeout?: number };
    await call(() => withinTime(StopTimeout * 1000 + changeMs, (abortSignal) => container.stop({ abortSignal })));
  } catch (error) {
    // 304: it had ended. 404: it is gone.
    if (!hasStatus(error, 304, 404)) throw error;
  }
}

// A removal that fails inside the engine would otherwise be waited for without end.
const removalTimeoutMs = 60_000;

async function remove(container: Dockerode.Container, call: Call): Promise<void> {
  try {
    await call(() => container.remove({ force: true, v: true }));
  } catch (error) {
    if (hasStatus(error, 404)) return;
    if (!hasStatus(error, 409)) throw error;
    // Somebody else removes it at this moment.
    const abortSignal = AbortSignal.timeout(removalTimeoutMs);
    await ifThere(call(() => container.wait({ condition: "removed", abortSignal })));
  }
}

function details(found: Dockerode.ContainerInspectInfo): ContainerDetails {
  return {
    id: found.Id,
    labels: found.Config.Labels ?? {},
    status: found.State.Status,
    exitCode: found.State.ExitCode,
    outOfMemory: found.State.OOMKilled,
    restarts: found.RestartCount,
    image: found.Config.Image,
    createdAt: Date.parse(found.Created),
    name: found.Name.replace(/^\//, ""),
    command: found.Config.Cmd ?? [],
    env: found.Config.Env ?? [],
    exposedPorts: tcpPorts(found.Config.ExposedPorts),
    networks: Object.entries(found.NetworkSettings?.Networks ?? {}).map(([name, { IPAddress, GlobalIPv6Address }]) => ({
      name,
      address: IPAddress || GlobalIPv6Address || undefined,
    })),
  };
}

/** `{ "80/tcp": {}, "53/udp": {} }` */
function tcpPorts(exposed: object | undefined): number[] {
  const ports = Object.keys(exposed ?? {}).flatMap((key) => /^(\d+)\/tcp$/.exec(key)?.[1] ?? []);
  return ports.map(Number).sort((a, b) => a - b);
}

// Not through dockerode's `logs`: that one reads the whole answer into memory unless it follows.
function logs(docker: Dockerode, id: string, which: Parameters<Containers["logs"]>[1]): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const request = {
      path: `/containers/${id}/logs?`,
      method: "GET",
      isStream: true,
      statusCodes: { 200: true, 404: "no such container", 500: "server error" },
      options: { stdout: true, stderr: true, timestamps: true, ...which },
    };
    const answered = (error: unknown, stream: Readable): void => (error ? reject(error) : resolve(stream));
    docker.modem.dial(request as never, answered as never);
  });
}

async function output(container: Dockerode.Container, command: readonly string[]): Promise<Buffer> {
  const exec = await container.exec({ Cmd: [...command], AttachStdout: true, AttachStderr: true });
  const stream = handled(await exec.start({ hijack: true, stdin: false }));
  const parts: Buffer[] = [];
  for await (const piece of demultiplex(stream)) if (piece.stream === "stdout") parts.push(piece.data);
  return Buffer.concat(parts);
}

interface Upload {
  readonly path: string;
  readonly tar: Readable | Buffer;
  readonly signal: AbortSignal | undefined;
}

async function putArchive(container: Dockerode.Container, { path, tar, signal }: Upload): Promise<void> {
  try {
    await container.putArchive(tar, { path, ...endedBy(signal) });
  } finally {
    // After a refusal nobody reads the rest of it.
    if (!Buffer.isBuffer(tar)) tar.destroy();
  }
}

import { splitWords } from "../../lib/shell-words.ts";
import { parseYaml } from "../../lib/yaml.ts";
import type { ConfigVars } from "../../model/app.ts";
import { messageOf, UserError } from "../../model/errors.ts";
import { isProcessType } from "../../model/names.ts";
import type { Service, Volume } from "../../model/runtime.ts";
import { unhonoured, unhonouredKeys } from "../../model/unhonoured.ts";
import { expandVariables } from "./compose-variables.ts";

/** One service, as far as a build and its dynos need it. */
export interface ComposeService {
  readonly name: string;
  /** Exactly one of the two says where its image is from. */
  readonly image: string | undefined;
  readonly build: ComposeBuild | undefined;
  readonly runs: Omit<Service, "image" | "aliases">;
}

export interface ComposeBuild {
  readonly context: string;
  readonly dockerfile: string;
  readonly target: string | undefined;
  readonly args: ReadonlyMap<string, string | undefined>;
}

type Fields = Readonly<Record<string, unknown>>;

const passedOver = Object.keys(unhonoured.compose);
const understood = [
  ...["image", "build", "command", "entrypoint", "environment", "ports", "expose", "volumes", "depends_on", "user"],
  ...["working_dir", "profiles"],
  // Berth does so itself.
  ...["restart", "init"],
];
const understoodOnTop = ["services", "volumes", "version", "name"];

const hints: Readonly<Record<string, string>> = {
  env_file: "Every service has the config vars of the app: set those, with config:set",
};

/** The services of a compose file in their order. Throws `invalid-compose`, naming what is not allowed or not known. */
export function parseCompose(text: string, config: ConfigVars): ComposeService[] {
  const file = fields(read(text), "the file");
  const all = Object.entries(fields(file.services, "services"));
  if (all.length === 0) throw invalid("it has no services");
  const services = all.filter(([name, value]) => !hasProfile(value, name));
  if (services.length === 0) throw invalid("all its services have profiles, and so none is to start");
  const names = services.map(([name]) => name);
  const volumes = namedVolumes(file.volumes);
  return services.map(([name, value]) => {
    if (!isProcessType(name)) throw invalid(`'${name}' cannot name a process type`);
    return readService(name, fields(expanded(value, config), name), { volumes, names });
  });
}

/** A sentence for each key of the file that is passed over, with the services that have it. */
export function unhonouredInCompose(text: string, path: string): string[] {
  const file = fields(read(text), "the file");
  const services = Object.entries(fields(file.services, "services"));
  const found = new Map<string, string[]>();
  for (const [name, service] of services) {
    for (const key of passedOverIn(fields(service, name))) found.set(key, [...(found.get(key) ?? []), name]);
  }
  const onTop = Object.keys(file).filter((key) => !understoodOnTop.includes(key) && !key.startsWith("x-"));
  const ofServices = [...found].flatMap(([key, names]) =>
    unhonouredKeys(`${path}, ${names.length > 5 ? `${names.length} services` : names.join(", ")}`, unhonoured.compose, [
      key,
    ]),
  );
  return [...unhonouredKeys(path, unhonoured.composeFile, onTop), ...ofServices];
}

function passedOverIn(service: Fields): string[] {
  const build = service.build === undefined || typeof service.build === "string" ? {} : fields(service.build, "build");
  const keys = [...Object.keys(service), ...Object.keys(build).map((key) => `build.${key}`)];
  return keys.filter((key) => passedOver.includes(key));
}

/** Compose itself starts such a service only for those who ask for its profile. */
function hasProfile(service: unknown, name: string): boolean {
  return list(fields(service, name).profiles, `${name}.profiles`).length > 0;
}

interface Known {
  readonly volumes: ReadonlySet<string>;
  readonly names: readonly string[];
}

function readService(name: string, service: Fields, known: Known): ComposeService {
  for (const key of Object.keys(service)) {
    if (understood.includes(key) || passedOver.includes(key) || key.startsWith("x-")) continue;
    throw invalid(`service ${name}: '${key}' is not allowed or not known here`, hints[key]);
  }
  const { image, build } = service;
  if (image === undefined && build === undefined) throw invalid(`service ${name} has neither an image nor a build`);
  const port = firstPort(service, name);
  const command = words(service.command, `${name}.command`);
  const entrypoint = words(service.entrypoint, `${name}.entrypoint`);
  const environment = variables(service.environment, `${name}.environment`);
  return {
    name,
    image: build === undefined ? imageName(image, name) : undefined,
    build: build === undefined ? undefined : readBuild(build, name),
    runs: {
      ...(port !== undefined && { port }),
      ...(command && { command }),
      ...(entrypoint && { entrypoint }),
      ...(service.user !== undefined && { user: scalar(service.user, `${name}.user`) }),
      ...(service.working_dir !== undefined && { workingDir: scalar(service.working_dir, `${name}.working_dir`) }),
      environment: withValues(environment),
      volumes: list(service.volumes, `${name}.volumes`).map((one) => readVolume(one, name, known.volumes)),
      dependsOn: dependencies(service.depends_on, name, known.names),
    },
  };
}

function readBuild(build: unknown, name: string): ComposeBuild {
  const {
    context = ".",
    dockerfile = "Dockerfile",
    target,
    args,
    ...others
  } = typeof build === "string" ? { context: build } : fields(build, `${name}.build`);
  const [other] = Object.keys(others).filter((key) => !passedOver.includes(`build.${key}`));
  if (other !== undefined) throw invalid(`service ${name}: 'build.${other}' is not allowed or not known here`);
  return {
    context: inside(scalar(context, `${name}.build.context`), name),
    dockerfile: inside(scalar(dockerfile, `${name}.build.dockerfile`), name),
    target: target === undefined ? undefined : scalar(target, `${name}.build.target`),
    args: variables(args, `${name}.build.args`),
  };
}

function inside(path: string, name: string): string {
  if (path.startsWith("/") || path.split("/").includes("..") || path.includes(":")) {
    throw invalid(`service ${name}: '${path}' is not in the repository`);
  }
  return path.replace(/^\.\//, "");
}

function imageName(image: unknown, name: string): string {
  const text = scalar(image, `${name}.image`);
  if (/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,500}$/.test(text)) return text;
  throw invalid(`service ${name}: '${text}' is no image`);
}

/** `80`, `"8080:80"`, `127.0.0.1:8080:80/tcp`, `{target: 80}`: of each, the container's own. Nothing is published. */
function firstPort(service: Fields, name: string): number | undefined {
  const all = [...list(service.ports, `${name}.ports`), ...list(service.expose, `${name}.expose`)];
  const text = all.map((one) => portText(one, name)).find((one) => !one.endsWith("/udp"));
  if (text === undefined) return undefined;
  const [, port] = /(?:^|:)(\d{1,5})(?:-\d+)?(?:\/tcp)?$/.exec(text) ?? [];
  if (port === undefined) throw invalid(`service ${name}: '${text}' is no TCP port`);
  return Number(port);
}

function portText(value: unknown, name: string): string {
  if (typeof value !== "object") return String(value);
  const { target, protocol = "tcp" } = fields(value, `${name}.ports`);
  return `${scalar(target, `${name}.ports`)}/${scalar(protocol, `${name}.ports`)}`;
}

/** Named volumes only: a folder of the host would be everybody's, and one of the repository is not there. */
function readVolume(value: unknown, name: string, declared: ReadonlySet<string>): Volume {
  const { type, source, target, readOnly } = volumeParts(value, name);
  if (type !== "volume" || /^[./~]/.test(source)) {
    throw invalid(`service ${name}: '${source}' is a folder of the host, and only named volumes are allowed`);
  }
  if (!declared.has(source)) throw invalid(`service ${name}: the volume '${source}' is not declared under volumes`);
  if (!target.startsWith("/") || target.split("/").includes("..") || target === "/") {
    throw invalid(`service ${name}: '${target}' is no place for a volume`);
  }
  return { name: source, target, readOnly };
}

function volumeParts(value: unknown, name: string) {
  if (typeof value !== "string") {
    const { type = "volume", source = "", target = "", read_only } = fields(value, `${name}.volumes`);
    return {
      type: String(type),
      source: scalar(source, "volume"),
      target: scalar(target, "volume"),
      readOnly: read_only === true,
    };
  }
  const [source = "", target, mode] = value.split(":");
  if (target === undefined) throw invalid(`service ${name}: the volume '${value}' has no name`);
  return { type: "volume", source, target, readOnly: mode?.split(",").includes("ro") ?? false };
}

function namedVolumes(value: unknown): ReadonlySet<string> {
  const volumes = Object.entries(fields(value, "volumes"));
  for (const [name, options] of volumes) {
    if (!/^[A-Za-z0-9][A-Za-z0-9_.-]{0,60}$/.test(name)) throw invalid(`'${name}' cannot name a volume`);
    const [key] = Object.keys(fields(options, `volumes.${name}`)).filter((one) => !["name", "labels"].includes(one));
    // A driver's options can name any folder or device of the host; an external one is another's.
    if (key !== undefined) throw invalid(`volume ${name}: '${key}' is not allowed or not known here`);
  }
  return new Set(volumes.map(([name]) => name));
}

function dependencies(value: unknown, name: string, names: readonly string[]): string[] {
  const found = Array.isArray(value) ? value.map(String) : Object.keys(fields(value, `${name}.depends_on`));
  const unknown = found.find((one) => !names.includes(one));
  if (unknown !== undefined) throw invalid(`service ${name} depends on '${unknown}', which is no service`);
  return found;
}

function words(value: unknown, what: string): string[] | undefined {
  if (value === undefined || value === null) return undefined;
  if (Array.isArray(value)) return value.map((word) => scalar(word, what));
  try {
    return splitWords(scalar(value, what));
  } catch (error) {
    throw invalid(`${what}: ${messageOf(error)}`);
  }
}

function variables(value: unknown, what: string): Map<string, string | undefined> {
  const entries: [string, unknown][] = Array.isArray(value)
    ? value.map((one) => {
        const [key = "", ...rest] = scalar(one, what).split("=");
        return [key, rest.length === 0 ? undefined : rest.join("=")];
      })
    : Object.entries(fields(value, what));
  return new Map(
    entries.map(([key, text]) => [key, text === undefined || text === null ? undefined : scalar(text, what)]),
  );
}

/** One without a value has the config var's, which is there anyway. */
function withValues(all: ReadonlyMap<string, string | undefined>): ConfigVars {
  return Object.fromEntries([...all].filter((entry): entry is [string, string] => entry[1] !== undefined));
}

function read(text: string): unknown {
  try {
    return parseYaml(text) ?? {};
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function expanded(value: unknown, config: ConfigVars): unknown {
  try {
    return expandVariables(value, config);
  } catch (error) {
    throw invalid(messageOf(error));
  }
}

function fields(value: unknown, what: string): Fields {
  if (value === undefined || value === null) return {};
  if (typeof value === "object" && !Array.isArray(value)) return value as Fields;
  throw invalid(`${what} must have keys and values`);
}

function list(value: unknown, what: string): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  throw invalid(`${what} must be a list`);
}

function scalar(value: unknown, what: string): string {
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return String(value);
  throw invalid(`${what} must be a text`);
}

function invalid(reason: string, hint = "The README has the list of what a service may have"): UserError {
  return new UserError("invalid-compose", `The compose file cannot be used: ${reason}`, { hint });
}

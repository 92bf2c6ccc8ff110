import { printable } from "../lib/printable.ts";
import type { ConfigVars } from "./app.ts";

type Names = Readonly<Record<string, string>>;

const checks = "Berth waits until a new web dyno listens on its port: checks:set APP timeout SECONDS";
const port =
  "The app's port is the config var PORT, or what its image EXPOSEs; the router's ports are settings of the host";
const start = "Write the command into the Procfile, as 'web: COMMAND'";
const buildpacks = "Buildpacks are chosen with buildpacks:add APP URL, and versions in the app's own files";
const build = "Berth builds with buildpacks, a Dockerfile, heroku.yml or a compose file: builder:set APP selected NAME";
const none = "Berth has nothing in its place";

/**
 * What other platforms read and Berth does not, by where it stands, with what to use instead. Nothing that a user writes
 * may be passed over in silence: who builds one of these takes its row away. A `*` at the end stands for any ending.
 */
export const unhonoured = {
  file: {
    CHECKS: checks,
    DOKKU_SCALE: "Set the numbers with ps:scale APP TYPE=N, or under formation in app.json",
    "nginx.conf.sigil": "The router's settings are proxy:set and nginx:set; there are no templates",
    "captain-definition": build,
    "lambda.yml": build,
  },
  /** Read by builders that Berth does not have; beside a Dockerfile nobody would read them. */
  buildFile: { "nixpacks.json": build, "nixpacks.toml": build, "project.toml": buildpacks, "railpack.json": build },
  /** A name that differs in its letters only is another file. */
  misnamed: { procfile: "Procfile", PROCFILE: "Procfile", ProcFile: "Procfile", "Procfile.txt": "Procfile" },
  "app.json": {
    addons: "Berth has no services yet: run one elsewhere and set its address with config:set",
    cron: "Run it from a cron of your own: ssh berth@HOST run APP COMMAND",
    environments: "There are no review apps and no test runs",
    healthchecks: checks,
    image: build,
    stack: "Set it with buildpacks:set-property APP stack NAME",
    "formation.*": "Of a process type, only quantity counts",
    "scripts.*": "Scripts are dokku.predeploy, dokku.postdeploy and postdeploy",
    "*": "Berth does not know this key",
  },
  "heroku.yml": {
    setup: "Set config vars with config:set; Berth has no add-ons",
    "*": "Berth does not know this key",
  },
  composeFile: {
    configs: "Put the file into the image, or its text into a config var",
    include: "Copy the services of that file into this one",
    networks: "All services of the app are on one network of its own",
    secrets: "Set them with config:set",
    "*": "Berth does not know this key",
  },
  /** Keys of its services. Others are refused. */
  compose: {
    annotations: none,
    "build.labels": none,
    "build.shm_size": none,
    "build.tags": none,
    container_name: "Services reach each other by the names of their services",
    deploy: "Set the number of dynos with ps:scale APP SERVICE=N",
    healthcheck: checks,
    hostname: "Services reach each other by the names of their services",
    labels: "Host names are added with domains:add APP NAME",
    logging: "See the log with logs APP",
    networks: "All services of the app are on one network of its own",
    platform: "Set it for the app's builds: docker-options:add APP build --platform OS/ARCH",
    pull_policy: "For newer base images at each build: docker-options:add APP build --pull",
    stdin_open: "For a terminal, use run APP COMMAND",
    stop_grace_period: "Set it with ps:set APP stop-timeout-seconds SECONDS",
    stop_signal: "Name it in the Dockerfile: STOPSIGNAL",
    tty: "For a terminal, use run APP COMMAND",
  },
  config: {
    DOKKU_APP_PROXY_TYPE: "Berth's own router serves every app",
    DOKKU_APP_RESTORE: "ps:stop APP and ps:start APP say whether it runs",
    DOKKU_APP_SHELL: "Name the shell: run APP SHELL",
    DOKKU_APP_TYPE: "Choose a builder with builder:set APP selected NAME",
    "DOKKU_CHECKS_*": checks,
    DOKKU_CNB_BUILDER: buildpacks,
    DOKKU_DEFAULT_CHECKS_WAIT: checks,
    DOKKU_DEPLOY_BRANCH: "Set it with git:set APP deploy-branch BRANCH",
    DOKKU_DISABLE_APP_AUTOCREATION: "The first push makes an app",
    DOKKU_DISABLE_PROXY: port,
    DOKKU_DOCKERFILE_CACHE_BUILD: "For builds without a cache: docker-options:add APP build --no-cache",
    DOKKU_DOCKERFILE_PORTS: port,
    DOKKU_DOCKERFILE_START_CMD: start,
    DOKKU_DOCKER_STOP_TIMEOUT: "Set it with ps:set APP stop-timeout-seconds SECONDS",
    DOKKU_IMAGE: buildpacks,
    "DOKKU_LETSENCRYPT_*": "Use letsencrypt:set APP email ADDRESS, and letsencrypt:enable APP",
    "DOKKU_NGINX_*": "The router's settings are proxy:set and nginx:set; its ports are settings of the host",
    DOKKU_PARALLEL_ARGUMENTS: none,
    "DOKKU_PROXY_*": port,
    DOKKU_RM_CONTAINER: "The container of a run is always removed at its end",
    DOKKU_SCALE: "Set the numbers with ps:scale APP TYPE=N",
    DOKKU_SCHEDULER: none,
    DOKKU_SKIP_ALL_CHECKS: checks,
    DOKKU_SKIP_CLEANUP: "How many images are kept is the host's setting keep-releases",
    DOKKU_SKIP_DEFAULT_CHECKS: checks,
    DOKKU_SKIP_DEPLOY: "To store numbers without a deploy, use ps:scale --skip-deploy",
    DOKKU_START_CMD: start,
    DOKKU_WAIT_TO_RETIRE: "How long old dynos finish their requests is the host's setting drain-timeout",
    "NIXPACKS_*": build,
    NO_VHOST: "Use domains:disable APP",
    "RAILPACK_*": build,
  },
} as const satisfies Readonly<Record<string, Names>>;

/** The row of this name, else of its longest beginning. Undefined if there is none. */
export function insteadOf(table: Names, name: string): string | undefined {
  if (Object.hasOwn(table, name)) return table[name];
  const patterns = Object.keys(table).filter((key) => key.endsWith("*") && name.startsWith(key.slice(0, -1)));
  const [pattern] = patterns.sort((a, b) => b.length - a.length);
  return pattern === undefined ? undefined : table[pattern];
}

/** A sentence for each name that has a row, as it stands in a file of this name. */
export function unhonouredKeys(file: string, table: Names, names: readonly string[]): string[] {
  return names.slice(0, mostTold).flatMap((name) => {
    const instead = insteadOf(table, name);
    return instead === undefined ? [] : [`${file}: '${printable(name)}' has no effect. ${instead}`];
  });
}

/** Config vars of Dokku and others that mean nothing here; the app sees them all the same. */
export function unhonouredVars(config: ConfigVars): string[] {
  return Object.keys(config).flatMap((name) => {
    const instead = insteadOf(unhonoured.config, name);
    return instead === undefined ? [] : [`The config var ${name} has no effect on Berth. ${instead}`];
  });
}

// A file of thousands of unknown keys is no file of this kind.
const mostTold = 20;

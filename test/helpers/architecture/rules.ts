/** A part of src/: the files that keep one rule. */
export interface Part {
  /** Below src/. With a `/` at the end: all in this folder. A file belongs to the first part of the table that has it. */
  readonly files: readonly string[];
  /** Parts whose files it may import; its own it may always. */
  readonly imports: readonly string[];
  /** Parts that it may load with `import()` only: whoever starts does not pay for what it does not use. */
  readonly lazily?: readonly string[];
}

export type Parts = Readonly<Record<string, Part>>;

const base = ["lib", "routes", "model", "interfaces"];

/** DESIGN.md, section 5: who may import whom. What nothing but `daemon` lists here is wired there and known nowhere else. */
export const parts: Parts = {
  lib: { files: ["lib/"], imports: [] },
  // All that the router knows of the rest of the program.
  routes: {
    files: ["model/route.ts", "model/switches.ts", "model/certificate.ts", "model/access-log.ts", "model/traffic.ts"],
    imports: [],
  },
  model: { files: ["model/"], imports: ["lib", "routes"] },
  paths: { files: ["config/paths.ts"], imports: [] },
  config: { files: ["config/"], imports: ["lib", "model", "paths"] },
  interfaces: {
    files: [
      "store/store.ts",
      "builders/builder.ts",
      "builders/buildpack-library.ts",
      "builders/pick-builder.ts",
      "builders/subfolder.ts",
      "builders/unhonoured-files.ts",
      "schedulers/scheduler.ts",
      "routing/publisher.ts",
      "routing/foreign.ts",
      "routing/pages.ts",
      "routing/compile-routes.ts",
      "routing/router-logs.ts",
      "routing/traffic-source.ts",
      "git/credentials.ts",
      "git/repositories.ts",
      "git/service.ts",
      "certificates/issuer.ts",
      "operations/inventory.ts",
      "operations/operations.ts",
      "commands/session.ts",
    ],
    imports: ["lib", "routes", "model"],
  },

  // Implementations: each knows its interface, and none knows another.
  docker: { files: ["docker/"], imports: base },
  "certificates/self-signed": { files: ["certificates/self-signed/"], imports: [...base, "certificates"] },
  "certificates/acme": { files: ["certificates/acme/"], imports: [...base, "certificates"] },
  certificates: { files: ["certificates/"], imports: base },
  "store/sqlite": { files: ["store/sqlite/"], imports: [...base, "store"] },
  "store/memory": { files: ["store/memory/"], imports: [...base, "store"] },
  store: { files: ["store/"], imports: base },
  "builders/network": { files: ["builders/network/"], imports: base },
  "builders/buildpack": { files: ["builders/buildpack/"], imports: [...base, "docker", "builders/network"] },
  "builders/dockerfile": { files: ["builders/dockerfile/"], imports: [...base, "docker", "builders/network"] },
  "schedulers/docker-local": { files: ["schedulers/docker-local/"], imports: [...base, "docker"] },
  firewall: { files: ["firewall/"], imports: base },
  foreign: { files: ["foreign/"], imports: [...base, "docker"] },
  git: { files: ["git/"], imports: [...base, "paths"] },
  routing: { files: ["routing/"], imports: [...base, "paths"] },

  operations: { files: ["operations/"], imports: [...base, "paths"] },
  reconciler: { files: ["reconciler/"], imports: [...base, "operations"] },
  // Commands see the verbs through operations/operations.ts only: that is what lets tests and other doors hand in their own.
  commands: { files: ["commands/"], imports: base },

  // Doors.
  ssh: { files: ["ssh/"], imports: [...base, "paths", "commands"] },
  "root-flag": { files: ["cli/root-flag.ts"], imports: [] },
  cli: { files: ["cli/"], imports: [...base, "paths", "config", "commands", "root-flag"] },

  // The metrics, and a door later.
  http: { files: ["http/"], imports: base },

  // A process of its own, which must not need the daemon's code.
  router: { files: ["router/"], imports: ["lib", "routes"] },

  daemon: {
    files: ["daemon.ts", "daemon/"],
    imports: [
      ...base,
      "paths",
      "config",
      "docker",
      "certificates",
      "certificates/self-signed",
      "certificates/acme",
      "store/sqlite",
      "builders/buildpack",
      "builders/dockerfile",
      "schedulers/docker-local",
      "git",
      "foreign",
      "firewall",
      "routing",
      "operations",
      "reconciler",
      "commands",
      "ssh",
      "cli",
      "http",
    ],
  },
  // `berth build`: the same builders, wired without a daemon.
  build: {
    files: ["build/"],
    imports: [...base, "config", "docker", "builders/network", "builders/buildpack", "builders/dockerfile", "git"],
  },
  main: {
    files: ["main.ts"],
    imports: ["lib", "model", "paths", "root-flag"],
    lazily: ["config", "cli", "daemon", "router", "build"],
  },
};

/** Package, or module of Node, -> the only parts that may import it. Modules of Node that are not named are free. */
export const packages: Readonly<Record<string, readonly string[]>> = {
  commander: ["commands"],
  dockerode: ["docker"],
  "http-proxy": ["router"],
  // An app.json may have comments.
  "jsonc-parser": ["model"],
  pino: ["lib"],
  "pino-pretty": ["lib"],
  "simple-git": ["git"],
  ssh2: ["ssh"],
  "tar-stream": ["lib"],
  yauzl: ["lib"],
  // A buildpack's bin/release answers in YAML.
  yaml: ["config", "lib", "build"],
  "node:sqlite": ["store/sqlite"],
  // It has createRequire, which gets around this table: docker/ keeps parts of dockerode from being loaded, ssh/ puts a
  // packet reader of its own into ssh2.
  "node:module": ["docker", "ssh"],
};

/** File outside of src, as seen from there -> the only parts that may import it. */
export const outside: Readonly<Record<string, readonly string[]>> = {
  "../package.json": ["config"],
};

/** Parts that may use these globals: the rest is handed its settings, its logger and its streams. */
export const globals: Readonly<Record<"process.env" | "console", readonly string[]>> = {
  "process.env": ["config", "main"],
  console: [],
};

/** DESIGN.md, section 1. Dotfiles are free. */
export const topLevel: readonly string[] = [
  "package.json",
  "tsconfig.json",
  "src",
  "buildpacks",
  "scripts",
  "test",
  "Dockerfile",
  "README.md",
  "package-lock.json",
  "biome.json",
  "LICENSE",
  "node_modules",
];

import { type SimpleGit, simpleGit } from "simple-git";

export interface GitOptions {
  readonly gitPath?: string | undefined;
  /** Where git and what it starts are looked for. */
  readonly searchPath?: string | undefined;
  /** What fetching submodules needs of the host: GIT_SSL_CAINFO, https_proxy. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
}

type Environment = Readonly<Record<string, string>>;

/** The git program in an environment that we know: nothing of the host's or a user's configuration has an effect. */
export class Git {
  readonly program: string;
  readonly environment: Environment;

  constructor(options: GitOptions = {}) {
    this.program = options.gitPath ?? "git";
    this.environment = {
      ...options.environment,
      PATH: options.searchPath ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
      HOME: "/nonexistent",
      LC_ALL: "C",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      // The repositories are ours, also where an upgrade or a restore has changed the owner of the files.
      GIT_CONFIG_COUNT: "1",
      GIT_CONFIG_KEY_0: "safe.directory",
      GIT_CONFIG_VALUE_0: "*",
    };
  }

  /** For short commands whose output fits into memory. */
  in(folder: string, extra: Environment = {}): SimpleGit {
    const environment = { ...this.environment, ...extra };
    return simpleGit({
      baseDir: folder,
      binary: this.program,
      maxConcurrentProcesses: 4,
      // simple-git drops or refuses such settings lest they come from users; these are ours.
      allowEnvironment: Object.keys(environment),
      unsafe: {
        allowUnsafeConfigPaths: true,
        allowUnsafeConfigEnvCount: true,
        allowUnsafeCustomBinary: true,
        allowUnsafeTemplateDir: true,
      },
      completion: { onClose: true, onExit: false },
    }).env(environment);
  }
}

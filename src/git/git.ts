import { type SimpleGit, simpleGit } from "simple-git";

export interface GitOptions {
  readonly gitPath?: string | undefined;
  /** Where git and what it starts are looked for. */
  readonly searchPath?: string | undefined;
  /** What fetching submodules needs of the host: GIT_SSL_CAINFO, https_proxy. */
  readonly environment?: Readonly<Record<string, string>> | undefined;
  /** With what it logs in to other hosts: see host-credentials.ts. */
  readonly credentials?: Readonly<Record<string, string>> | undefined;
  /** What begins with `from` is fetched from `to` instead. */
  readonly mirrors?: readonly { readonly from: string; readonly to: string }[] | undefined;
}

/** The directories that every Linux distribution has its programs in. */
export const defaultSearchPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

type Environment = Readonly<Record<string, string>>;

/** The git program in an environment that we know: nothing of the host's or a user's configuration has an effect. */
export class Git {
  readonly program: string;
  readonly environment: Environment;
  /** Over the environment, for what talks to other hosts. */
  readonly credentials: Environment;

  constructor(options: GitOptions = {}) {
    this.credentials = options.credentials ?? {};
    this.program = options.gitPath ?? "git";
    this.environment = {
      ...options.environment,
      PATH: options.searchPath ?? defaultSearchPath,
      HOME: "/nonexistent",
      LC_ALL: "C",
      GIT_ATTR_NOSYSTEM: "1",
      GIT_CONFIG_NOSYSTEM: "1",
      GIT_CONFIG_GLOBAL: "/dev/null",
      GIT_TERMINAL_PROMPT: "0",
      ...configuration([
        // The repositories are ours, also where an upgrade or a restore has changed the owner of the files.
        ["safe.directory", "*"],
        ...(options.mirrors ?? []).map(({ from, to }): [string, string] => [`url.${to}.insteadOf`, from]),
      ]),
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
        allowUnsafeUrlRewrite: true,
      },
      completion: { onClose: true, onExit: false },
    }).env(environment);
  }
}

function configuration(settings: readonly [key: string, value: string][]): Environment {
  const pairs = settings.flatMap(([key, value], index) => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(settings.length), ...Object.fromEntries(pairs) };
}

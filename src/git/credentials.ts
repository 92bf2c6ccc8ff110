/** With what Berth fetches from git servers: passwords and tokens per host, one deploy key, and the hosts that ssh trusts. */
export interface GitCredentials {
  /** Replaces what the host had. Throws `invalid-credentials` for what a netrc file cannot hold. */
  setPassword(host: string, user: string, password: string): Promise<void>;
  /** False where the host had none. */
  removePassword(host: string): Promise<boolean>;
  /** The user name for the host, with the password; undefined where there is none. */
  password(host: string): Promise<{ user: string; password: string } | undefined>;
  /** Asks the host for its ssh keys and trusts them from now on; gives their fingerprints. Throws `host-unreachable`. */
  allowHost(host: string): Promise<string[]>;
  /** One line, as a git server wants it. Undefined where no key was made yet. */
  publicKey(): Promise<string | undefined>;
  /** Makes a new deploy key in place of the old one, and gives its public part. */
  generateKey(): Promise<string>;
}

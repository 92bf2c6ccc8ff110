/** How much one client, or all of them, may ask of the ssh door. */
export interface SshLimits {
  /** Keys that one connection may offer in vain. */
  readonly loginAttempts: number;
  /** From the connection until a key was accepted. */
  readonly loginGraceSeconds: number;
  /** Connections that have logged in, from everywhere. */
  readonly connections: number;
  /** Connections that have logged in, from one address (of IPv6: one /64). */
  readonly connectionsPerAddress: number;
  /** Connections that have not logged in yet. They are counted apart, so that strangers keep nobody out who has a key. */
  readonly logins: LoginLimits;
  /** A connection with no command running, as ssh's ControlPersist leaves it behind. */
  readonly idleSeconds: number;
  /** Commands that run at the same time on one connection. */
  readonly sessionsPerConnection: number;
  /** Between two questions to a silent client whether it is still there; three without an answer end the connection. */
  readonly keepaliveSeconds: number;
}

/** As OpenSSH's MaxStartups, PerSourceMaxStartups and PerSourceNetBlockSize have it. */
export interface LoginLimits {
  readonly perAddress: number;
  /** A login that takes longer gives its place to the next one from the same address, if there are too many from there. */
  readonly patienceSeconds: number;
  /** From one /24, or of IPv6 one /48. */
  readonly perNetwork: number;
  /** From so many on, `dropPercent` of the new connections are turned away, and linearly more up to all at `most`. */
  readonly dropFrom: number;
  readonly dropPercent: number;
  readonly most: number;
}

/** Limits that follow from how many connections there may be. One network alone never gets to where drops begin. */
export function connectionLimits(
  connections: number,
): Pick<SshLimits, "connections" | "connectionsPerAddress" | "logins"> {
  const share = (part: number): number => Math.max(4, Math.ceil(connections * part));
  return {
    connections,
    connectionsPerAddress: Math.ceil(connections / 2),
    logins: {
      perAddress: share(0.2),
      patienceSeconds: 3,
      perNetwork: share(0.25),
      dropFrom: share(0.3),
      dropPercent: 30,
      most: share(0.6),
    },
  };
}

export const sshLimitDefaults: SshLimits = {
  ...connectionLimits(100),
  // An agent offers every key it has before the right one.
  loginAttempts: 10,
  loginGraceSeconds: 60,
  idleSeconds: 600,
  sessionsPerConnection: 32,
  keepaliveSeconds: 15,
};

/** How much one client, or all of them, may ask of the ssh door. */
export interface SshLimits {
  /** Keys that one connection may offer in vain. */
  readonly loginAttempts: number;
  /** From the connection until a key was accepted. */
  readonly loginGraceSeconds: number;
  readonly connections: number;
  readonly connectionsPerAddress: number;
  /** Connections on which no key was accepted yet, from everywhere. */
  readonly unauthenticatedConnections: number;
  /** A connection with no command running, as ssh's ControlPersist leaves it behind. */
  readonly idleSeconds: number;
  /** Commands that run at the same time on one connection. */
  readonly sessionsPerConnection: number;
  /** Between two questions to a silent client whether it is still there; three without an answer end the connection. */
  readonly keepaliveSeconds: number;
}

export const sshLimitDefaults: SshLimits = {
  // An agent offers every key it has before the right one.
  loginAttempts: 10,
  loginGraceSeconds: 60,
  connections: 200,
  connectionsPerAddress: 50,
  unauthenticatedConnections: 30,
  idleSeconds: 600,
  sessionsPerConnection: 32,
  keepaliveSeconds: 15,
};

import { join } from "node:path";

const harmlessName = /^[a-z0-9][\w.-]{0,200}$/i;

/**
 * Where the router's workers write an app's requests, and the daemon reads them: one file an app, so that a busy one does not
 * push out what a quiet one had. `FILE.1` is the one before it. Undefined: requests that no app answers.
 */
export function accessLogFile(folder: string, app: string | undefined): string {
  return join(folder, `${app !== undefined && harmlessName.test(app) ? app : "_"}.log`);
}

/** What is said of one host in a netrc file. */
export interface Machine {
  readonly host: string;
  readonly user: string;
  readonly password: string;
}

/** Of a file that `showNetrc` wrote: words between blanks, and nothing that netrc(5) has besides. */
export function parseNetrc(text: string): Machine[] {
  const pattern = /^machine (\S+) login (\S+) password (\S+)$/gm;
  return [...text.matchAll(pattern)].map(([, host = "", user = "", password = ""]) => ({ host, user, password }));
}

export function showNetrc(machines: readonly Machine[]): string {
  return machines.map(({ host, user, password }) => `machine ${host} login ${user} password ${password}\n`).join("");
}

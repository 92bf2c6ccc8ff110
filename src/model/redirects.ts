/** Which of an app's hosts only lead to another one. */
export interface RedirectRule {
  /** `none`; `www` or `apex`: of `www.example.com` and `example.com`, the one that stays; else the host that stays. */
  readonly to: string;
  /** Whether somebody else has the host: it is not taken away for being the `www` of one of ours. */
  readonly isTaken: (host: string) => boolean;
  /** Names under the global domains: nobody types `www.` before them. */
  readonly isGenerated: (host: string) => boolean;
}

export interface Redirects {
  /** Hosts that the app has only to redirect them, or to be redirected to. */
  readonly added: readonly string[];
  readonly redirects: Readonly<Record<string, string>>;
}

const www = "www.";

export function redirectsOf(hosts: readonly string[], rule: RedirectRule): Redirects {
  if (rule.to === "none") return { added: [], redirects: {} };
  if (rule.to === "www" || rule.to === "apex") return toTwin(hosts, rule);
  // One that is not the app's any more would lead everybody away from it.
  if (!hosts.includes(rule.to)) return { added: [], redirects: {} };
  return { added: [], redirects: pairs(hosts.filter((host) => host !== rule.to).map((host) => [host, rule.to])) };
}

function toTwin(hosts: readonly string[], { to, isTaken, isGenerated }: RedirectRule): Redirects {
  const known = new Set(hosts);
  const apexes = new Set(hosts.filter((host) => !isGenerated(host)).map(withoutWww));
  const usable = [...apexes].filter((apex) => [apex, www + apex].every((host) => known.has(host) || !isTaken(host)));
  const both = usable.map((apex): [string, string] => (to === "www" ? [apex, www + apex] : [www + apex, apex]));
  return { added: both.flat().filter((host) => !known.has(host)), redirects: pairs(both) };
}

function withoutWww(host: string): string {
  return host.startsWith(www) ? host.slice(www.length) : host;
}

function pairs(entries: readonly (readonly [string, string])[]): Readonly<Record<string, string>> {
  return Object.fromEntries(entries);
}

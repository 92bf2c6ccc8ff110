import { isPlain, splitDomain } from "../model/domain.ts";
import { type Dyno, dynoName } from "../model/dyno.ts";
import { type RedirectRule, redirectsOf } from "../model/redirects.ts";
import type { AppRoutes, AppTls, Backend, RouteLimits, Target } from "../model/route.ts";
import type { Switches } from "../model/switches.ts";

export interface RouteInput {
  readonly app: string;
  /** Version of the serving release. */
  readonly release: number | undefined;
  /** All under which the app answers: the app's own in the order they were added, then the generated ones. */
  readonly domains: readonly string[];
  readonly redirect: RedirectRule;
  readonly stripPrefix: boolean;
  /** Web dynos in service. */
  readonly dynos: readonly Dyno[];
  /** None of these dynos is up. */
  readonly crashed?: boolean;
  readonly maintenance?: boolean;
  readonly tls?: AppTls | undefined;
  /** Code -> name of the page's file. */
  readonly pages?: Readonly<Record<string, string>>;
  readonly limits?: RouteLimits;
  readonly switches?: Switches;
  readonly backend?: Backend | undefined;
}

/** What the router must know of one app. A dyno without an address cannot be reached and is left out. */
export function compileRoutes(input: RouteInput): AppRoutes {
  const { app, release, domains, redirect, stripPrefix, dynos, crashed, maintenance, tls, pages = {} } = input;
  const { limits = {}, switches = {}, backend } = input;
  const parts = [...new Set(domains.map((domain) => domain.toLowerCase()))].map(splitDomain);
  const whole = parts.filter(({ path }) => path === undefined).map(({ host }) => host);
  const { added, redirects } = redirectsOf(whole.filter(isPlain), redirect);
  const paths = parts.flatMap(({ host, path }) => (path === undefined ? [] : [{ host, path }]));
  return {
    app,
    hosts: [...whole, ...added],
    targets: dynos.flatMap(targetOf),
    release,
    ...(paths.length > 0 && { paths, ...(stripPrefix && { stripPrefix }) }),
    ...(Object.keys(redirects).length > 0 && { redirects }),
    ...(tls && { tls }),
    ...(crashed && { crashed }),
    ...(maintenance && { maintenance }),
    ...(Object.keys(pages).length > 0 && { pages }),
    ...(Object.keys(limits).length > 0 && { limits }),
    ...(Object.keys(switches).length > 0 && { switches }),
    ...(backend && { backend }),
  };
}

function targetOf(dyno: Dyno): Target[] {
  const { id, address, port } = dyno;
  return address === undefined || port === undefined ? [] : [{ id, dyno: dynoName(dyno), address, port }];
}

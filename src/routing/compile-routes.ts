import { generatedDomain } from "../model/domain.ts";
import { type Dyno, dynoName } from "../model/dyno.ts";
import type { AppRoutes, Target } from "../model/route.ts";

export interface RouteInput {
  readonly app: string;
  /** Version of the serving release. */
  readonly release: number | undefined;
  /** The app's own, in the order they were added. */
  readonly domains: readonly string[];
  readonly globalDomain: string | undefined;
  /** Web dynos in service. */
  readonly dynos: readonly Dyno[];
}

/** What the router must know of one app. A dyno without an address cannot be reached and is left out. */
export function compileRoutes({ app, release, domains, globalDomain, dynos }: RouteInput): AppRoutes {
  const generated = generatedDomain(app, globalDomain);
  const hosts = [...domains, ...(generated === undefined ? [] : [generated])].map((host) => host.toLowerCase());
  return { app, hosts: [...new Set(hosts)], targets: dynos.flatMap(targetOf), release };
}

function targetOf(dyno: Dyno): Target[] {
  const { id, address, port } = dyno;
  return address === undefined || port === undefined ? [] : [{ id, dyno: dynoName(dyno), address, port }];
}

import type { Balancer, TargetState } from "../balancer.ts";
import type { RoutedApp } from "../routed-app.ts";
import type { AppSwitches } from "./app-switches.ts";
import { stickyTarget } from "./sticky.ts";

interface Choice {
  readonly clientAddress: string;
  readonly cookie: string | undefined;
  readonly tried: ReadonlySet<TargetState> | undefined;
}

/** The dyno for a request of an app that has switches. */
export function choose(
  balancer: Balancer,
  { targets }: RoutedApp,
  { switches, strategy }: AppSwitches,
  { clientAddress, cookie, tried }: Choice,
): TargetState | undefined {
  if (switches.sticky) {
    const kept = stickyTarget(cookie, targets);
    if (kept !== undefined && !tried?.has(kept) && !balancer.isAside(kept)) return kept;
  }
  if (strategy === undefined) return balancer.pick(targets, tried);
  const usable = targets.filter((state) => !tried?.has(state) && !balancer.isAside(state));
  return usable.length === 0 ? balancer.pick(targets, tried) : strategy(usable, clientAddress);
}

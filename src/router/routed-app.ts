import type { AppRoutes } from "../model/route.ts";
import type { TargetState } from "./balancer.ts";
import type { AppSwitches } from "./switches/app-switches.ts";
import type { WaitingRoom } from "./switches/waiting-room.ts";
import type { ExchangeLimits } from "./upstream.ts";

/** One app in the table. The object stays while the app does: a request that holds it retries on the newest targets. */
export interface RoutedApp {
  routes: AppRoutes;
  targets: readonly TargetState[];
  /** The app's own, and the router's for the rest. */
  limits: ExchangeLimits;
  /** Another app has taken one of its places: what it has in the table is not what its routes say. */
  displaced: boolean;
  /** Undefined where nothing is switched on. */
  switches: AppSwitches | undefined;
  /** Where its requests wait while it is paused; made by the first one. */
  waiting: WaitingRoom | undefined;
}

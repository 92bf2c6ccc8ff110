import type { AppRoutes } from "../model/route.ts";
import { type Fault, faults } from "./faults.ts";

/** What is known of the app says more than what was seen of one request. */
export function refineFault(fault: Fault, routes: AppRoutes | undefined): Fault {
  if (fault === faults.noWebDynos && routes?.release === undefined) return faults.blankApp;
  if (fault === faults.refused && routes?.crashed) return faults.crashed;
  return fault;
}

import type { Deployed } from "../operations/operations.ts";
import type { Output } from "./output.ts";

/** As a push ends. */
export function presentDeployed({ urls }: Deployed, out: Output): void {
  out.headline("Application deployed:");
  for (const url of urls) out.detail(url);
}

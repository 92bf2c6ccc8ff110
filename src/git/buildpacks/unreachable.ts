import { UserError } from "../../model/errors.ts";

/** `address` is as it may be shown. */
export function unreachable(address: string, reason: string, cause: unknown): UserError {
  return new UserError("buildpack-unreachable", `Buildpack ${address} could not be fetched: ${reason}`, {
    hint: "This host must be able to reach it; see the settings git-mirrors, https-proxy and official-buildpacks",
    cause,
  });
}

import { UserError } from "../../model/errors.ts";

/** `address` is as it may be shown. */
export function unreachable(address: string, reason: string, cause: unknown): UserError {
  return new UserError("buildpack-unreachable", `Buildpack ${address} could not be fetched: ${reason}`, {
    hint: "Let this host reach it (settings git-mirrors, https-proxy, official-buildpacks), or name one of Berth's own, such as nodejs: they are not fetched",
    cause,
  });
}

import { UserError } from "./errors.ts";

/** What a page can be for: the router's codes, the statuses that it answers with, and `all`. */
export const errorCodes: readonly string[] = [
  ...["H10", "H11", "H12", "H13", "H14", "H17", "H19", "H21", "H22", "H25", "H26", "H28", "H80", "H81", "H99"],
  ...["bad-request", "line-too-long", "headers-too-large", "head-timeout", "not-implemented", "unknown-host"],
  ...["method-not-allowed", "unknown-method", "no-descriptors"],
  ...["unauthorized", "address-denied", "body-too-large", "rate-limited"],
  ...["400", "401", "403", "404", "405", "408", "413", "414", "417", "429", "431", "499", "501", "502", "503"],
  "all",
];

/** `h80` and `maintenance` are H80. Throws `invalid-error-code`. */
export function normalizeErrorCode(text: string): string {
  const code = text.toLowerCase() === "maintenance" ? "H80" : text;
  const found = errorCodes.find((known) => known.toLowerCase() === code.toLowerCase());
  if (found !== undefined) return found;
  throw new UserError("invalid-error-code", `There is no error ${text}`, {
    hint: `Choose from ${errorCodes.join(", ")}`,
  });
}

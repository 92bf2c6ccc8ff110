import { UserError } from "../model/errors.ts";
import type { Word } from "./input.ts";

/** `KEY=VALUE`; the value may have anything in it, `=` and line ends too. */
export const envPair: Word<readonly [key: string, value: string]> = {
  arity: "one",
  parse: (word) => {
    const end = word.indexOf("=");
    if (end <= 0) {
      throw new UserError("invalid-env-pair", `Invalid env pair: ${word}`, { hint: "Write it as KEY=VALUE" });
    }
    return [word.slice(0, end), word.slice(end + 1)];
  },
};

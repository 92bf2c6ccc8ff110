import { quoteWord } from "../lib/shell-words.ts";
import { UserError } from "../model/errors.ts";
import type { Word } from "./input.ts";

/** Dokku's list of phases. Only builds take options here: what containers may do is Berth's to say. */
export const buildPhase: Word<"build"> = {
  arity: "one",
  parse: (word) => {
    if (word === "build") return word;
    const known = word.split(",").every((phase) => ["build", "deploy", "run"].includes(phase));
    throw new UserError(
      "invalid-phase",
      known ? `Only the phase 'build' takes options, not '${word}'` : `Invalid phase: '${word}'`,
      {
        hint: "Containers take no options of Docker's own: what they need has commands, such as config:set and ps:set",
      },
    );
  },
};

/** The option as one text, whether a shell has left it in one word or in two. */
export function optionText(words: readonly string[]): string {
  return words.length === 1 ? (words[0] ?? "") : words.map(quoteWord).join(" ");
}

import { UserError } from "../model/errors.ts";
import { type Word, wholeNumber } from "./input.ts";

export const buildpack: Word<string> = {
  arity: "one",
  parse: (word) => {
    if (word === "") throw new UserError("missing-argument", "Must specify a buildpack to add");
    return word;
  },
};

export const buildpackIndex = wholeNumber("index", 1, 1000);

export const indexOption = { index: { flags: "--index <number>", summary: "Place in the list, from 1" } };

import { UserError } from "../model/errors.ts";

/** Reads one word of a command line. Throws UserError where it does not fit. */
export interface Word<T> {
  readonly arity: "one";
  parse(word: string): T;
}

/** A word that may be missing, or is not asked for when the flag named by `unless` was given. */
export interface OptionalWord<T> {
  readonly arity: "optional";
  readonly unless?: string;
  parse(word: string): T;
}

/** All words that are left, or every use of an option. */
export interface Words<T> {
  readonly arity: "many";
  /** How many there must be. */
  readonly least: number;
  /** Said where there are fewer; else a message made of the name. */
  readonly tooFew?: string;
  parse(word: string): T;
}

export interface Flag {
  readonly arity: "flag";
}

export type Field = Word<unknown> | OptionalWord<unknown> | Words<unknown> | Flag;

/** The input of a command: names in camel case, as they would be in a JSON request. */
export type Schema = Readonly<Record<string, Field>>;

export type Values<S extends Schema> = { readonly [Name in keyof S]: ValueOf<S[Name]> };

type ValueOf<F> = F extends Flag
  ? boolean
  : F extends Words<infer T>
    ? readonly T[]
    : F extends OptionalWord<infer T>
      ? T | undefined
      : F extends Word<infer T>
        ? T
        : never;

export const text: Word<string> = { arity: "one", parse: (word) => word };

export const flag: Flag = { arity: "flag" };

export function optional<T>(word: Word<T>): OptionalWord<T> {
  return { arity: "optional", parse: (value) => word.parse(value) };
}

/** Must be given, unless the flag is. */
export function unless<T>(flagName: string, word: Word<T>): OptionalWord<T> {
  return { arity: "optional", unless: flagName, parse: (value) => word.parse(value) };
}

export function many<T>(word: Word<T>, least = 0, tooFew?: string): Words<T> {
  return { arity: "many", least, parse: (value) => word.parse(value), ...(tooFew !== undefined && { tooFew }) };
}

/** The name of an app that should exist; whether it does is for the operation to say. */
export const appName: Word<string> = {
  arity: "one",
  parse: (word) => {
    if (word === "") throw new UserError("missing-argument", "Please specify an app to run the command on");
    if (word.startsWith("-")) {
      throw new UserError("invalid-argument", `'${word}' is not the name of an app`, {
        hint: "Name the app as the first argument, or with --app APP",
      });
    }
    return word;
  },
};

export function wholeNumber(what: string, least: number, most: number): Word<number> {
  return {
    arity: "one",
    parse: (word) => {
      const number = /^\d{1,9}$/.test(word) ? Number(word) : Number.NaN;
      if (number >= least && number <= most) return number;
      throw new UserError("invalid-argument", `Invalid ${what}: '${word}'`, {
        hint: `Give a whole number from ${least} to ${most}`,
      });
    },
  };
}

export function choice<const T extends string>(what: string, values: readonly T[]): Word<T> {
  return {
    arity: "one",
    parse: (word) => {
      const found = values.find((value) => value === word);
      if (found !== undefined) return found;
      throw new UserError("invalid-argument", `Invalid ${what}: '${word}'`, {
        hint: `Choose from ${values.join(", ")}`,
      });
    },
  };
}

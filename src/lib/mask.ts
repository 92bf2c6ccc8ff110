const shown = "*******";

/** Hides texts wherever they appear, whole ones only. */
export class Mask {
  /** The longest first: one may be a part of another. */
  readonly #secrets: readonly string[];

  constructor(secrets: Iterable<string>) {
    this.#secrets = [...new Set(secrets)].filter((secret) => secret !== "").sort((a, b) => b.length - a.length);
  }

  apply(text: string): string {
    let masked = text;
    for (const secret of this.#secrets) if (masked.includes(secret)) masked = masked.replaceAll(secret, shown);
    return masked;
  }

  /** How many of the last characters may be the beginning of a secret that goes on in the next piece of text. */
  unfinished(text: string): number {
    let longest = 0;
    for (const secret of this.#secrets) longest = Math.max(longest, overlap(text, secret));
    return longest;
  }
}

/**
 * Length of the longest end of `text` that `secret` begins with, less than all of it. Knuth, Morris and Pratt's way takes a
 * step for each character; comparing each length by itself takes seconds where both repeat one character.
 */
function overlap(text: string, secret: string): number {
  const borders = bordersOf(secret);
  let length = 0;
  for (let at = Math.max(0, text.length - secret.length + 1); at < text.length; at++) {
    const unit = text.charCodeAt(at);
    while (length > 0 && secret.charCodeAt(length) !== unit) length = borders[length - 1] as number;
    if (secret.charCodeAt(length) === unit) length += 1;
  }
  return length;
}

/** For each beginning of the text: length of its longest end that the text begins with, less than all of it. */
function bordersOf(text: string): Uint32Array {
  const borders = new Uint32Array(text.length);
  let length = 0;
  for (let at = 1; at < text.length; at++) {
    while (length > 0 && text.charCodeAt(length) !== text.charCodeAt(at)) length = borders[length - 1] as number;
    if (text.charCodeAt(length) === text.charCodeAt(at)) length += 1;
    borders[at] = length;
  }
  return borders;
}

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
    for (const secret of this.#secrets) {
      for (let length = Math.min(secret.length - 1, text.length); length > longest; length--) {
        if (text.endsWith(secret.slice(0, length))) longest = length;
      }
    }
    return longest;
  }
}

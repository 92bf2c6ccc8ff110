import type { AnswerDresser, Dressed } from "../relay.ts";
import type { UpstreamResponse } from "../upstream.ts";
import { acceptedCoding } from "./accept-encoding.ts";
import { compressedHeaders, compressible, withVary } from "./compressible.ts";
import { compressor, compressWhole } from "./compression.ts";

export interface DresserOptions {
  readonly compress: boolean;
  readonly method: string;
  readonly acceptEncoding: string | undefined;
  /** Headers that the answer gets besides its own. */
  readonly added: readonly string[];
}

/** Changes the answers of apps on their way, as the app's switches say. */
export class SwitchedDresser implements AnswerDresser {
  readonly #options: DresserOptions;

  constructor(options: DresserOptions) {
    this.#options = options;
  }

  dress({ status, whole }: UpstreamResponse, given: string[]): Dressed {
    const { compress, added } = this.#options;
    const headers = added.length === 0 ? given : [...given, ...added];
    const found = compress ? compressible(status, headers) : undefined;
    if (found === undefined) return { headers };
    return this.#compress(withVary(headers), whole, found.eager);
  }

  #compress(headers: string[], whole: string | undefined, eager: boolean): Dressed {
    const { method, acceptEncoding } = this.#options;
    const coding = acceptedCoding(acceptEncoding);
    if (coding === undefined) return { headers };
    // RFC 9110, 9.3.2: as those of the answer to GET, without what is known only once it is made.
    if (method === "HEAD") return { headers: compressedHeaders(headers, coding, undefined) };
    if (whole === undefined) {
      return { headers: compressedHeaders(headers, coding, undefined), coder: { ...compressor(coding), eager } };
    }
    const compressed = compressWhole(coding, Buffer.from(whole, "latin1"));
    if (compressed.length >= whole.length) return { headers };
    return { headers: compressedHeaders(headers, coding, compressed.length), whole: compressed };
  }
}

import { Mutex } from "../lib/mutex.ts";

/**
 * Who is pushing to which app right now. The first push to a new app finds no repository and makes one; when it ends
 * without an app, the repository goes too, unless another push is using it.
 */
export class PushVisits {
  readonly #visitors = new Map<string, number>();
  readonly #turns = new Mutex();
  readonly #prepare: (app: string) => Promise<void>;
  readonly #tidy: (app: string) => Promise<void>;

  /** `prepare` comes before every visit; `tidy` after the last of those that overlap. */
  constructor(prepare: (app: string) => Promise<void>, tidy: (app: string) => Promise<void>) {
    this.#prepare = prepare;
    this.#tidy = tidy;
  }

  async during<T>(app: string, visit: () => Promise<T>): Promise<T> {
    await this.#turns.run(async () => {
      await this.#prepare(app);
      this.#visitors.set(app, (this.#visitors.get(app) ?? 0) + 1);
    });
    try {
      return await visit();
    } finally {
      await this.#turns.run(async () => {
        const left = (this.#visitors.get(app) ?? 1) - 1;
        if (left > 0) {
          this.#visitors.set(app, left);
        } else {
          this.#visitors.delete(app);
          await this.#tidy(app);
        }
      });
    }
  }
}

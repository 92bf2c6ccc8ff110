/** Pages that users made, where router workers find them. */
export interface PageFiles {
  /** One after the other: who removes what nobody has must not meet a page that is just being given to somebody. */
  alone<T>(work: () => Promise<T>): Promise<T>;
  /** Name of the file; the same for the same page. */
  put(page: string): Promise<string>;
  /** Undefined where it is gone. */
  read(name: string): Promise<string | undefined>;
  /** Removes all others. */
  keep(names: ReadonlySet<string>): Promise<void>;
}

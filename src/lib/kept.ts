/** Something that a process makes at its start and that others can take away while it runs. */
export interface Kept {
  /** What is wrong with it, as in "routes.sock is missing"; undefined if nothing is. */
  check(): Promise<string | undefined>;
  /** Makes it anew, whatever is left of it. */
  make(): Promise<void>;
}

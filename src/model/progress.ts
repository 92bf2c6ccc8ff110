/**
 * Where an operation tells what it does while the user waits. The doors decide how it looks; Dokku's prefixes are
 * `-----> ` for a step, `=====> ` for a headline, seven spaces for a detail, ` !     ` for a warning.
 */
export interface Progress {
  step(text: string): void;
  headline(text: string): void;
  detail(text: string): void;
  warn(text: string): void;
  /** A line of a buildpack or of another program, passed on as it is. Without its line end. */
  line(text: string): void;
}

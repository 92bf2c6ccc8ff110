/** A request that the router has taken, as one line of the access log. */
export interface RouterLine {
  /** RFC 3339; sorts as text. When the request was over. */
  readonly time: string;
  readonly text: string;
}

/** How far somebody has read. */
export interface LogPosition {
  /** 0: there was no file. */
  readonly inode: number;
  readonly offset: number;
}

/** What the router's workers have written of the requests of each app, also before the daemon's start. */
export interface RouterLogs {
  /** The last lines in order of time, and where what comes after them begins. */
  last(app: string, count: number): Promise<{ readonly lines: readonly RouterLine[]; readonly end: LogPosition }>;
  /** What is written after the position, as it comes; ends with the signal. */
  follow(app: string, from: LogPosition, signal: AbortSignal): AsyncIterable<RouterLine>;
  rename(app: string, name: string): Promise<void>;
  remove(app: string): Promise<void>;
}

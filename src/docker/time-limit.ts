/** What the client's modem is asked to send, as far as it counts here. */
interface Request {
  readonly path: string;
  readonly method: string;
  readonly abortSignal?: AbortSignal | undefined;
}

type Dial = (request: Request, answered: (error: unknown, answer?: unknown) => void) => void;

/** For a call that only looks, and for one that changes something: removing large layers takes a slow disk minutes. */
export interface TimeLimits {
  readonly lookMs: number;
  readonly changeMs: number;
}

export const defaultTimeLimits: TimeLimits = { lookMs: 60_000, changeMs: 300_000 };

/** The engine has taken a call, and said nothing. */
export class EngineSilence extends Error {
  override readonly name = "EngineSilence";
  readonly afterMs: number;

  constructor(afterMs: number) {
    super(`The engine did not answer within ${afterMs / 1000} seconds`);
    this.afterMs = afterMs;
  }
}

// These take as long as a build, a process or a transfer does.
const unlimited = [
  /^(GET|PUT) \/containers\/[^/]+\/(archive|logs)\?/,
  /^POST \/containers\/[^/]+\/wait\?/,
  /^POST \/(build|commit|images\/create|images\/load)\?/,
];

function limitOf({ method, path }: Request, { lookMs, changeMs }: TimeLimits): number | undefined {
  if (unlimited.some((pattern) => pattern.test(`${method} ${path}`))) return undefined;
  return method === "GET" || method === "HEAD" ? lookMs : changeMs;
}

/**
 * An engine that takes calls and never answers must not hold an app's lock for ever. A call that brings a signal of its own
 * has its caller to end it; of one whose answer is a stream, only the answer's beginning is waited for. With `quit`, no call
 * is waited for any longer.
 */
export function limitTime(dial: Dial, limits: TimeLimits, quit?: AbortSignal): Dial {
  return (request, answered) => {
    const own = request.abortSignal;
    if (own !== undefined) {
      dial(quit === undefined ? request : { ...request, abortSignal: AbortSignal.any([own, quit]) }, answered);
      return;
    }
    const { signal, over } = silenceAfter(limitOf(request, limits), quit);
    dial({ ...request, abortSignal: signal }, (error, answer) => {
      over();
      answered(error, answer);
    });
  };
}

/** The same for one call whose limit only its caller knows. */
export async function withinTime<T>(limitMs: number, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const { signal, over } = silenceAfter(limitMs);
  try {
    return await work(signal);
  } finally {
    over();
  }
}

// Not `AbortSignal.any`: with `quit`, which lives as long as the daemon, each call would leave something behind.
function silenceAfter(limitMs: number | undefined, quit?: AbortSignal): { signal: AbortSignal; over(): void } {
  const silence = new AbortController();
  const timer = limitMs && setTimeout(() => silence.abort(new EngineSilence(limitMs)), limitMs);
  const onQuit = () => silence.abort(quit?.reason);
  if (quit?.aborted) onQuit();
  quit?.addEventListener("abort", onQuit);
  const over = () => {
    clearTimeout(timer);
    quit?.removeEventListener("abort", onQuit);
  };
  return { signal: silence.signal, over };
}

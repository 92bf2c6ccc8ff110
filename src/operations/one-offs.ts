interface OneOff {
  readonly end: AbortController;
  readonly ended: Promise<unknown>;
}

/** One-off dynos that run now. None outlives its caller or the daemon, so these are all there are. */
export class OneOffs {
  readonly #running = new Map<string, Set<OneOff>>();

  async run<T>(appId: string, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const end = new AbortController();
    const running = work(AbortSignal.any([signal, end.signal]));
    const oneOff = { end, ended: running.catch(() => undefined) };
    const ofApp = this.#running.get(appId) ?? new Set();
    this.#running.set(appId, ofApp.add(oneOff));
    try {
      return await running;
    } finally {
      ofApp.delete(oneOff);
      if (ofApp.size === 0) this.#running.delete(appId);
    }
  }

  /** Ends those of the app: their callers get the reason. Resolves when their containers are gone. */
  async end(appId: string, reason: Error): Promise<void> {
    const ofApp = [...(this.#running.get(appId) ?? [])];
    for (const { end } of ofApp) end.abort(reason);
    await Promise.all(ofApp.map(({ ended }) => ended));
  }
}

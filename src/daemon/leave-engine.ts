import type { DockerEngine } from "../docker/engine.ts";
import { delay } from "../lib/delay.ts";
import type { Logger } from "../lib/logger.ts";
import { messageOf, UserError } from "../model/errors.ts";

const answerMs = 5_000;
const everyMs = 2_000;

/**
 * For a daemon that stops. Whatever waits for an engine that does not answer would wait as long as calls may take: such an
 * engine is left alone. Resolves when that is clear for now, and goes on looking.
 */
export async function leaveSilentEngine(engine: DockerEngine, quit: AbortController, logger: Logger): Promise<void> {
  const reason = await silence(engine);
  if (reason !== undefined) {
    logger.warn({ reason }, "the Docker engine does not answer: what waits for it is given up");
    quit.abort(
      new UserError("stopping", "Berth is being stopped, and the Docker engine does not answer", {
        hint: "What runs goes on running",
      }),
    );
    return;
  }
  setTimeout(() => void leaveSilentEngine(engine, quit, logger), everyMs).unref();
}

async function silence(engine: DockerEngine): Promise<string | undefined> {
  const over = new AbortController();
  const late = delay(answerMs, over.signal).then(() => `no answer within ${answerMs / 1000} seconds`);
  try {
    return await Promise.race([engine.version().then(() => undefined), late]);
  } catch (error) {
    return messageOf(error);
  } finally {
    over.abort();
    late.catch(() => undefined);
  }
}

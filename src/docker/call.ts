import { hasStatus, translate } from "./errors.ts";

/** Runs a call to the engine and makes what it throws an error of ours. */
export type Call = <T>(work: () => Promise<T>) => Promise<T>;

export function callsTo(socketPath: string): Call {
  return async (work) => {
    try {
      return await work();
    } catch (error) {
      throw translate(error, socketPath);
    }
  };
}

/** Undefined where the engine answers that it has no such thing. */
export async function ifThere<T>(work: Promise<T>): Promise<T | undefined> {
  try {
    return await work;
  } catch (error) {
    if (hasStatus(error, 404)) return undefined;
    throw error;
  }
}

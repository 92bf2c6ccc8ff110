import { UserError } from "../model/errors.ts";
import type { Operations } from "../operations/operations.ts";

export async function appExists(operations: Operations, app: string): Promise<boolean> {
  try {
    await operations.requireApp({ app });
    return true;
  } catch (error) {
    if (error instanceof UserError && error.code === "app-missing") return false;
    throw error;
  }
}

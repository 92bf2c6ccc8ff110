import { UserError } from "../model/errors.ts";
import { historySteps, type TrafficPeriod } from "../model/traffic.ts";
import type { Context } from "./context.ts";
import { appByName } from "./require-app.ts";

export async function trafficHistory(context: Context, input: { app: string; step: number }): Promise<TrafficPeriod[]> {
  const found = historySteps.find(({ step }) => step === input.step);
  if (found === undefined) {
    throw new UserError("invalid-argument", `No history is kept in periods of ${input.step} seconds`, {
      hint: `It is kept in periods of ${historySteps.map(({ step }) => step).join(", ")} seconds`,
    });
  }
  const from = Math.floor(context.now() / 1000) - found.keep;
  return context.store.read((view) => view.traffic.of(appByName(view, input.app).id, found.step, from));
}

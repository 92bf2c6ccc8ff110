import type { Context } from "./context.ts";
import type { FormationReport } from "./operations.ts";
import { appByName, currentRelease } from "./require-app.ts";
import { quantities } from "./wanted-dynos.ts";

export async function formation(context: Context, input: { app: string }): Promise<FormationReport> {
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    const processTypes = currentRelease(view, app)?.processTypes ?? {};
    return { processTypes, quantities: quantities(processTypes, view.formation.of(app.id)) };
  });
}

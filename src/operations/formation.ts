import type { Context } from "./context.ts";
import type { FormationReport } from "./operations.ts";
import { pendingScale } from "./pending-scale.ts";
import { appByName, currentRelease } from "./require-app.ts";
import { quantities } from "./wanted-dynos.ts";

export async function formation(context: Context, input: { app: string }): Promise<FormationReport> {
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    const processTypes = currentRelease(view, app)?.processTypes ?? {};
    const wanted = { ...view.formation.of(app.id), ...pendingScale(view, app.id) };
    return { processTypes, quantities: quantities(processTypes, wanted) };
  });
}

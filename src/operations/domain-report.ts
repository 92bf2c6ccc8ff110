import { generatedDomain } from "../model/domain.ts";
import type { Context } from "./context.ts";
import type { DomainReport } from "./operations.ts";
import { appByName } from "./require-app.ts";

export async function domainReport(context: Context, input: { app: string }): Promise<DomainReport> {
  const { domain } = context.settings;
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    return { own: view.domains.of(app.id), generated: generatedDomain(app.name, domain), global: domain };
  });
}

import { generatedOf, globalDomains, isEnabled } from "./app-domains.ts";
import type { Context } from "./context.ts";
import type { DomainReport } from "./operations.ts";
import { appByName } from "./require-app.ts";

export async function domainReport(context: Context, input: { app: string }): Promise<DomainReport> {
  const { settings } = context;
  return context.store.read((view) => {
    const app = appByName(view, input.app);
    return {
      own: view.domains.of(app.id),
      generated: generatedOf(view, app, settings),
      enabled: isEnabled(view, app),
      global: globalDomains(view, settings),
    };
  });
}

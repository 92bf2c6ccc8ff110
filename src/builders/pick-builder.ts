import { UserError } from "../model/errors.ts";
import type { Builder, Source } from "./builder.ts";

/** The first builder whose `detect` fits. Throws `no-builder`, naming what was tried. */
export async function pickBuilder(builders: readonly Builder[], source: Source): Promise<Builder> {
  for (const builder of builders) if (await builder.detect(source)) return builder;
  const tried = builders.map(({ name }) => name).join(", ");
  throw new UserError("no-builder", `No builder fits this app. Tried: ${tried}`, {
    hint: "A Procfile at the top of the repository is enough: 'web: COMMAND'",
  });
}

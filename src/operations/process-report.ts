import type { Release } from "../model/release.ts";
import { imagesOf } from "../model/runtime.ts";
import { manifestFormation } from "./app-manifest.ts";
import type { Context } from "./context.ts";
import type { ProcessReport } from "./operations.ts";
import { appByName, currentRelease } from "./require-app.ts";
import { quantities } from "./wanted-dynos.ts";

export async function processReport(context: Context, input: { app: string }): Promise<ProcessReport> {
  const known = context.store.read((view) => {
    const app = appByName(view, input.app);
    const current = currentRelease(view, app);
    const wanted = quantities(current?.processTypes ?? {}, view.formation.of(app.id));
    const canScale = Object.keys(manifestFormation(view, app.id)).length === 0;
    return { app, current, quantities: wanted, canScale };
  });
  const dynos = (await context.scheduler.list(input.app)).filter((dyno) => !context.retiring.has(dyno.id));
  dynos.sort((a, b) => a.processType.localeCompare(b.processType) || a.number - b.number);
  return { ...known, dynos, missingImages: await missingImages(context, known.current) };
}

async function missingImages({ images }: Context, release: Release | undefined): Promise<string[]> {
  const needed = release === undefined ? [] : imagesOf(release);
  const there = await Promise.all(needed.map((image) => images.exists(image)));
  return needed.filter((_, index) => !there[index]);
}

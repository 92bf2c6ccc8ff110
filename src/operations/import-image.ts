import { Readable } from "node:stream";
import type { EntrySource } from "../git/repositories.ts";
import { UserError } from "../model/errors.ts";
import type { Context } from "./context.ts";
import { importSource, requireIdle } from "./import-source.ts";
import type { Author, Deployed, Job } from "./operations.ts";
import { textProperty } from "./properties.ts";
import { appByName } from "./require-app.ts";

export interface ImageImport {
  readonly app: string;
  readonly image: string;
  readonly author: Author | undefined;
  /** Ask its registry even where the image is here. */
  readonly refresh: boolean;
}

/** As Dokku does: a commit with a Dockerfile that is FROM the image, and the image's own Procfile and app.json. */
export async function importImage(context: Context, input: ImageImport, job: Job): Promise<Deployed> {
  const { image, refresh } = input;
  checkImage(image);
  const { id } = context.store.read((view) => appByName(view, input.app));
  requireIdle(context, id, input.app);
  job.progress.step("Generating build context");
  if (refresh || (await context.images.id(image)) === undefined) {
    job.progress.step(refresh ? "Force pulling image" : "Pulling image");
    await context.images.pull(image, job.progress, job.signal);
  } else {
    job.progress.step("Image exists on host, skipping pull");
  }
  return await commitImage(context, input, job);
}

export async function loadImage(
  context: Context,
  input: Omit<ImageImport, "refresh"> & { readonly tar: Readable },
  job: Job,
): Promise<Deployed> {
  const { image, tar } = input;
  checkImage(image);
  const { id } = context.store.read((view) => appByName(view, input.app));
  requireIdle(context, id, input.app);
  job.progress.step("Loading image");
  const loaded = await context.images.load(tar, job.signal);
  if ((await context.images.id(image)) === undefined) {
    throw new UserError("image-missing", `There is no image ${image} in what was loaded`, {
      hint: loaded.length === 0 ? "There was no image in it" : `It has: ${loaded.join(", ")}`,
    });
  }
  return await commitImage(context, input, job);
}

async function commitImage(context: Context, input: Omit<ImageImport, "refresh">, job: Job): Promise<Deployed> {
  const { app, image, author } = input;
  const { id } = context.store.read((view) => appByName(view, app));
  // As with Dokku, the image brings what a repository would.
  const paths = ["Procfile", textProperty(context, id, "app-json.appjson-path")];
  const ofImage = await context.images.files(app, image, paths);
  if (ofImage.size > 0)
    job.progress.detail(`Taking ${[...ofImage.keys()].join(" and ")} from the image's working folder`);
  // The id makes it another commit when another image has come under the same name.
  const dockerfile = `# ${await context.images.id(image)}\nFROM ${image}\n`;
  const read: EntrySource = async (onEntry) => {
    for (const [path, text] of [["Dockerfile", dockerfile], ...ofImage] as const) {
      const content = Readable.from([Buffer.from(text)]);
      await onEntry({ kind: "file", path, size: Buffer.byteLength(text), executable: false, content });
    }
  };
  return await importSource(context, { app, author, read, message: `Deploy of the image ${image}` }, job);
}

/** A name as a registry has it, which a Dockerfile's line cannot mistake for something else. */
function checkImage(image: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._/:@-]{0,500}$/.test(image)) return;
  throw new UserError("invalid-image", `Invalid image: '${image}'`, {
    hint: "For example nginx:1.27 or ghcr.io/me/app:v3",
  });
}

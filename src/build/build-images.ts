import { UserError } from "../model/errors.ts";
import { plainName } from "./image-name.ts";
import { makeLayeredImage, runLine } from "./layered-image.ts";
import { localInstance, type Workshop } from "./workshop.ts";

/** The two images that buildpacks need. */
export interface BuildImages {
  readonly runImage: string;
  readonly buildImage: string;
}

export interface BaseChanges {
  readonly app: string;
  readonly base: string | undefined;
  readonly commands: readonly string[];
}

/** Berth's images, with what the user wants in them: they are below the app's layers, and so the engine's cache has them. */
export async function changedImages(
  workshop: Workshop,
  { runImage, buildImage }: BuildImages,
  { app, base, commands }: BaseChanges,
): Promise<BuildImages> {
  for (const image of [runImage, buildImage]) await requireImage(workshop, image);
  if (base === undefined && commands.length === 0) return { runImage, buildImage };
  const tag = (kind: string) => `berth-${localInstance}/${kind}:${plainName(app)}`;
  const images = { runImage: tag("run"), buildImage: commands.length === 0 ? buildImage : tag("build") };
  const runs = commands.map(runLine);
  const below = base === undefined ? [`FROM ${runImage}`, "USER root"] : standingOn(base, runImage);
  await makeLayeredImage(workshop, { tag: images.runImage, app, dockerfile: [...below, ...runs, "USER dyno"] });
  if (commands.length > 0) {
    const dockerfile = [`FROM ${buildImage}`, "USER root", ...runs, "USER dyno"];
    await makeLayeredImage(workshop, { tag: images.buildImage, app, dockerfile });
  }
  return images;
}

// The engine would look for it at a registry of strangers.
async function requireImage({ engine }: Workshop, image: string): Promise<void> {
  if ((await engine.images.inspect(image)) !== undefined) return;
  throw new UserError("build-image-missing", `The image ${image} that builds need is not on the Docker engine`, {
    hint: "Make it with scripts/images.sh",
  });
}

/** Any image with bash and a C library no older than ours, made able to run what buildpacks have built. */
function standingOn(base: string, runImage: string): string[] {
  if (!/^[\w][\w./:@-]*$/.test(base)) {
    throw new UserError("invalid-image-name", `'${base}' is no name of an image`, { exitCode: 2 });
  }
  const check = "command -v bash > /dev/null || { echo 'The image has no bash, which apps need' >&2; exit 1; }";
  const user = "grep -q ^dyno: /etc/passwd || echo dyno:x:32767:32767::/app:/bin/bash >> /etc/passwd";
  return [
    `FROM ${base}`,
    "USER root",
    runLine(`${check}; ${user}`),
    `COPY --from=${runImage} /start /exec /`,
    `COPY --from=${runImage} /usr/local/lib/berth /usr/local/lib/berth`,
    "ENTRYPOINT []",
    "ENV HOME=/app LANG=C.UTF-8 LC_ALL=C.UTF-8 TINI_KILL_PROCESS_GROUP=1",
    "WORKDIR /app",
    'CMD ["/start", "web"]',
  ];
}

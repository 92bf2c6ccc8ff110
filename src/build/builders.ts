import { join } from "node:path";
import type { Builder } from "../builders/builder.ts";
import { createBuildpackBuilder } from "../builders/buildpack/create-builder.ts";
import { createDockerfileBuilder } from "../builders/dockerfile/create-builder.ts";
import { createHerokuBuilder } from "../builders/dockerfile/create-heroku-builder.ts";
import { cacheFolder } from "../config/local.ts";
import { outboundEnvironment } from "../config/outbound.ts";
import type { Settings } from "../config/schema.ts";
import { createBuildpackLibrary } from "../git/buildpacks/library.ts";
import type { BuildArguments } from "./arguments.ts";
import { changedImages } from "./build-images.ts";
import { localInstance, type Workshop } from "./workshop.ts";

/** Those that a daemon has, in its order. */
export function createBuilders(settings: Settings, shop: Workshop, wanted: BuildArguments): Builder[] {
  const common = { engine: shop.engine, instance: localInstance, buildNetwork: settings };
  return [createHerokuBuilder(common), createDockerfileBuilder(common), buildpacks(settings, shop, wanted)];
}

/** In images with what the user wants in them. What is fetched from elsewhere is kept for the user. */
function buildpacks(settings: Settings, shop: Workshop, { name, base, commands }: BuildArguments): Builder {
  const git = { environment: outboundEnvironment(settings), mirrors: settings.gitMirrors };
  const folder = join(cacheFolder(), "buildpacks");
  return {
    name: "buildpack",
    detect: async () => true,
    build: async (request, progress, signal) => {
      const builder = createBuildpackBuilder({
        ...(await changedImages(shop, settings, { app: name.repository, base, commands })),
        ...{ engine: shop.engine, instance: localInstance, logger: shop.logger, buildNetwork: settings },
        // The engine's own, as with `docker run`: nothing is left behind on it.
        network: { name: "bridge" },
        library: createBuildpackLibrary({ folder, caFile: settings.caFile, ...git }),
        buildpackChoice: { official: settings.officialBuildpacks, detection: settings.buildpackDetection },
      });
      try {
        return await builder.build(request, progress, signal);
      } finally {
        await builder.settled();
      }
    },
  };
}

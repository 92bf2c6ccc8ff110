import type { Image } from "../builders/builder.ts";
import type { ConfigVars } from "../model/app.ts";
import { imageCommand, serviceOf } from "../model/runtime.ts";

/** How one process type of a finished image is run without a daemon. */
export interface Process {
  readonly image: string;
  /** Undefined: the image's own. */
  readonly command: readonly string[] | undefined;
  readonly environment: ConfigVars;
  /** Of `web` only: where it listens in its container. */
  readonly port: number | undefined;
}

// Where Dokku's users and the images of our own expect it.
const defaultPort = 5000;

export function processOf(image: Image, type: string, config: ConfigVars): Process {
  const service = serviceOf(image, type);
  const port = type === "web" ? (service.port ?? image.runtime?.port ?? defaultPort) : undefined;
  const line = image.processTypes[type] ?? "";
  return {
    image: service.image ?? image.reference,
    command: image.runtime === undefined ? ["/start", type] : (service.command ?? imageCommand(line)),
    environment: { ...service.environment, ...config, ...(port === undefined ? {} : { PORT: String(port) }) },
    port,
  };
}

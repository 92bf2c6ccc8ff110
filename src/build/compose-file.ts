import { stringify } from "yaml";
import type { Image } from "../builders/builder.ts";
import type { ConfigVars } from "../model/app.ts";
import { type Process, processOf } from "./processes.ts";

/** A compose file that runs every process type of the image, `web` at 127.0.0.1. `release` is run by hand: it has a profile. */
export function composeFile(image: Image, { config, port }: { config: ConfigVars; port: number | undefined }): string {
  const types = Object.keys(image.processTypes).sort((a, b) => Number(b === "web") - Number(a === "web"));
  const services = types.map((type) => [type.toLowerCase(), service(processOf(image, type, config), type, port)]);
  return stringify({ services: Object.fromEntries(services) });
}

function service(process: Process, type: string, hostPort: number | undefined): object {
  const { port, environment } = process;
  const once = type === "release";
  return {
    image: process.image,
    ...(process.command && { command: process.command.map(literal) }),
    ...(Object.keys(environment).length > 0 && { environment: mapValues(environment) }),
    ...(port !== undefined && { ports: [`127.0.0.1:${hostPort || port}:${port}`] }),
    init: true,
    ...(once ? { profiles: [type] } : { restart: "on-failure" }),
  };
}

function mapValues(variables: ConfigVars): ConfigVars {
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, literal(value)]));
}

/** Compose would put variables of its own in the place of names behind a dollar sign. */
function literal(text: string): string {
  return text.replaceAll("$", "$$$$");
}

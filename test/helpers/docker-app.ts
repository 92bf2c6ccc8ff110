import { nullApp } from "./apps.ts";
import { runImage } from "./images.ts";

/** Answers with the page, as the user that its image says, on a port of the image's choice. */
export function dockerApp(page: string, port: number, base = runImage): Record<string, string> {
  const { "server.pl": server = "" } = nullApp(page);
  const dockerfile = [
    `FROM ${base}`,
    "USER root",
    "WORKDIR /srv",
    "COPY . .",
    "USER 4321",
    `EXPOSE ${port}`,
    'ENTRYPOINT ["perl"]',
    'CMD ["server.pl"]',
  ];
  return { Dockerfile: dockerfile.join("\n"), "server.pl": server, page };
}

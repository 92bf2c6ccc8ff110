import { showSize } from "../lib/size.ts";
import { defineCommand } from "./command.ts";
import { appName, optional } from "./input.ts";

export const cleanup = defineCommand({
  name: "cleanup",
  effect: "destroys",
  summary: "Remove images and caches that Berth made for one app, or for all, and no longer needs",
  input: { app: optional(appName) },
  positionals: ["app"],
  run: ({ app }, { operations }) => operations.cleanup({ app }),
  present: ({ images, leftovers, freedBytes }, out) => {
    for (const image of images) out.detail(`Removed ${image}`);
    if (leftovers > 0) out.detail(`Removed ${leftovers} container(s), image(s) and cache(s) that nothing uses`);
    out.heading(images.length + leftovers === 0 ? "Nothing to remove" : `Freed ${showSize(freedBytes)}`);
  },
  json: ({ images, leftovers, freedBytes }) => ({ images, leftovers, "freed-bytes": freedBytes }),
});

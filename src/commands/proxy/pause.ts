import { defineCommand } from "../command.ts";
import { appName, optional, text } from "../input.ts";

// As long as browsers and other routers wait without a byte, mostly.
const usual = "30s";

export const proxyPause = defineCommand({
  name: "proxy:pause",
  effect: "changes",
  summary: "Make the requests of an app wait until proxy:resume",
  input: { app: appName, max: optional(text) },
  positionals: ["app"],
  options: {
    max: { flags: "--max <time>", summary: `How long each of them waits at most, in seconds or as 5m (${usual})` },
  },
  run: async ({ app, max = usual }, { operations }) => {
    await operations.setProperty({ app, key: "proxy.paused", value: max });
    return max;
  },
  present: (max, out, { app }) =>
    out.step(`Paused ${app}: its requests wait for up to ${/[a-z]$/.test(max) ? max : `${max}s`}`),
});

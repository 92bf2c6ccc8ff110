import type { ConfigVars } from "../model/app.ts";
import { UserError } from "../model/errors.ts";
import type { RunIo } from "../schedulers/scheduler.ts";
import type { Context } from "./context.ts";
import { durationProperty } from "./properties.ts";
import { deployedApp } from "./require-app.ts";
import { whatToRun } from "./typed-run.ts";

/** A one-off dyno of the current release. It ends with its caller. */
export async function runDyno(
  context: Context,
  input: { app: string; command: readonly string[]; env: ConfigVars },
  io: RunIo,
): Promise<number> {
  if (input.command.length === 0) {
    throw new UserError("command-missing", "Please specify a command to run", {
      hint: `For example: run ${input.app} bash`,
    });
  }
  const { app, release, config } = context.store.read((view) => {
    const found = deployedApp(view, input.app);
    return { ...found, config: view.config.of(found.app.id) };
  });
  const what = whatToRun(app, release, input.command);
  const spec = {
    app: app.name,
    release: release.version,
    ...what,
    // What was stored without a restart too: whoever sets a value to try it out does so here.
    config: { ...what.config, ...config, ...input.env },
    stopTimeoutSeconds: durationProperty(context, app.id, "ps.stop-timeout-seconds") / 1000,
  };
  const ends = AbortSignal.any([io.signal, context.stopping]);
  return context.oneOffs.run(app.id, ends, (signal) => context.scheduler.attach(spec, { ...io, signal }));
}

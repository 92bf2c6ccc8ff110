import { UserError } from "../../model/errors.ts";
import { isProcessType } from "../../model/names.ts";
import { defineCommand } from "../command.ts";
import { appName, flag, many, type Word } from "../input.ts";

const quantity: Word<readonly [processType: string, count: number]> = {
  arity: "one",
  parse: (word) => {
    const [, processType = "", count] = /^([^=]*)(?:=([\s\S]*))?$/.exec(word) ?? [];
    if (!isProcessType(processType)) throw new UserError("invalid-quantity", `Invalid process type: '${processType}'`);
    if (count === undefined || count === "") {
      throw new UserError("invalid-quantity", `Missing count for process type ${processType}`, {
        hint: `Write it as ${processType}=1`,
      });
    }
    if (!/^\d{1,4}$/.test(count)) {
      throw new UserError("invalid-quantity", `Invalid count for process type ${processType}: '${count}'`);
    }
    return [processType, Number(count)];
  },
};

export const psScale = defineCommand({
  name: "ps:scale",
  effect: "changes",
  summary: "Show or set how many dynos each process type has",
  input: { app: appName, quantities: many(quantity), skipDeploy: flag },
  positionals: ["app", "quantities"],
  labels: { quantities: "process-type=count" },
  options: { skipDeploy: { flags: "--skip-deploy", summary: "Only store the counts: the next deploy uses them" } },
  run: async ({ app, quantities, skipDeploy }, { operations, job }) => {
    if (quantities.length === 0) return (await operations.formation({ app })).quantities;
    await operations.requireApp({ app });
    const wanted = Object.fromEntries(quantities);
    const shown = Object.entries(wanted).map(([processType, count]) => `${processType}=${count}`);
    job.progress.step(`Scaling ${app} processes: ${shown.join(" ")}`);
    await operations.scale({ app, quantities: wanted, deploy: !skipDeploy }, job);
    return undefined;
  },
  present: (formation, out, { app }) => {
    if (formation === undefined) return;
    out.subheading(`Scaling for ${app}`);
    if (!out.quiet) out.text("proctype: qty");
    if (!out.quiet) out.text("--------: ---");
    for (const [processType, count] of Object.entries(formation)) out.text(`${processType}:  ${count}`);
  },
  json: (formation = {}) =>
    Object.entries(formation).map(([processType, count]) => ({ process_type: processType, quantity: count })),
});

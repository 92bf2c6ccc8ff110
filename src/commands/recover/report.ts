import { defineCommand } from "../command.ts";
import { describeThings } from "../describe-things.ts";

export const recoverReport = defineCommand({
  name: "recover:report",
  effect: "reads",
  summary: "Show what exists that the database does not know",
  input: {},
  run: (_, { operations }) => operations.recoverReport(),
  present: ({ isOn, unexplained }, out) => {
    if (!isOn) return out.line("The database knows everything that exists: there is nothing to recover");
    out.line("Berth is in safe mode: its database does not know all that exists on this host.");
    out.line("It is empty, older than what runs, or another Berth's. Apps are served as before;");
    out.line("nothing is deployed, stopped or removed.");
    out.line("");
    out.line("Not known to the database:");
    for (const line of describeThings(unexplained)) out.line(`  ${line}`);
    out.line("");
    out.line("If you have a newer backup of berth.db: stop Berth, put it in place of berth.db,");
    out.line("berth.db-wal and berth.db-shm, and start Berth again. Else type one of:");
    out.line("  recover:adopt    take up what exists, as far as it tells what it is");
    out.line("  recover:forget   keep the database as it is; all of the above is removed");
  },
  json: ({ isOn, unexplained }) => ({
    "safe-mode": isOn,
    unknown: unexplained.map(({ kind, id, app = "" }) => ({ kind, id, app })),
  }),
});

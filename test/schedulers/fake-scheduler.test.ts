import { FakeScheduler } from "../helpers/fake-scheduler.ts";
import { schedulerContract } from "./contract.ts";

// What operations are tested with has to keep the promises of the real one.
schedulerContract("fake", async () => {
  const scheduler = new FakeScheduler();
  for (const code of [7]) scheduler.script({ command: `exit ${code}` }, { exitCode: code });
  scheduler.script({ image: "berth-test/missing:1" }, { failsToStart: new Error("no such image") });
  scheduler.scriptRuns(async ({ command }, io) => {
    if (command[0] === "exit") return Number(command[1]);
    if (command[0] === "cat") {
      for await (const chunk of io.stdin) io.stdout.write(chunk);
      return 0;
    }
    return await new Promise((_, reject) => {
      io.signal.addEventListener("abort", () => reject(io.signal.reason));
    });
  });
  const script = (lines: readonly string[], exits: { exitCode?: number }): string => {
    const command = `${JSON.stringify(exits)} ${lines.join("|")}`;
    scheduler.script({ command }, { prints: lines, ...exits });
    return command;
  };
  return {
    scheduler,
    image: "fake/app:1",
    commands: {
      staysUp: "web",
      exits: (code) => `exit ${code}`,
      prints: (lines) => script(lines, { exitCode: 0 }),
      printsAndStaysUp: (lines) => script(lines, {}),
    },
    runs: { exits: (code) => ["exit", String(code)], copiesInput: ["cat"], waits: ["sleep"] },
    dispose: () => scheduler.dispose(),
  };
});

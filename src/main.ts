#!/bin/sh
//bin/true; self=$(readlink -f "$0"); modules="${self%/*}/../node_modules"; node="$modules/.bin/node"
//bin/true; export NODE_COMPILE_CACHE="${NODE_COMPILE_CACHE:-$modules/.cache/berth}"
//bin/true; export MALLOC_ARENA_MAX=1 MALLOC_MMAP_THRESHOLD_=8192; lean="--max-semi-space-size=1 --expose-gc --single-threaded"
//bin/true; [ -x "$node" ] && exec "$node" $lean "$self" "$@"
//bin/true; node -e 'process.exit(Number.parseInt(process.versions.node) >= 26 ? 0 : 1)' && exec node $lean "$self" "$@"
//bin/true; echo " !     Berth needs Node.js 26: run 'npm ci' in its folder, which brings one along" >&2; exit 1

// To sh, the lines above are commands; to Node, comments. So this file can be run wherever there is a /bin/sh, with the
// Node that was installed beside it, however old the machine's own is. The compile cache halves the time of a short
// command; it is beside the code, where only its owner writes: in Node's own place below /tmp, anybody could leave code
// for root to run. The settings for memory keep the daemon, which has little work of its own to do, below 100 MB: what is
// streamed through it comes in blocks that the allocator would otherwise keep for ever.
// Without V8's own threads, because one that wants a collection while the process exits waits for the main thread, which
// waits for it: now and then a short command never ended. Each process imports only what it is made of.
import { takeRoot } from "./cli/root-flag.ts";

const { root, words } = takeRoot(process.argv.slice(2));
const rest = words.slice(1);

if (words[0] === "router") {
  const { runRouter } = await import("./router/run-router.ts");
  const { pathsBelow } = await import("./config/paths.ts");
  process.exitCode = await runRouter(process.argv.slice(3), pathsBelow);
} else if (words[0] === "serve" && !rest.includes("--help") && !rest.includes("-h")) {
  process.exitCode = await serve(root === undefined ? rest : ["--root", root, ...rest]);
} else if (words[0] === "build" || (words[0] === "help" && rest[0] === "build" && rest.length === 1)) {
  const { runBuild } = await import("./build/run-build.ts");
  process.exitCode = await runBuild(words[0] === "help" ? ["--help"] : rest, root);
} else if (words[0] === "router:stop" && rest.length === 0) {
  const { stopRouter } = await import("./cli/stop-router.ts");
  process.exitCode = await stopRouter(root);
} else {
  await command();
}

async function command(): Promise<void> {
  if (words.length === 0 || /help|^-h$|version|^-v$/.test(words.join("\n"))) {
    const { asksForHelp, printHelp } = await import("./cli/help.ts");
    if (asksForHelp(words)) {
      process.exitCode = printHelp(words);
      return;
    }
  }
  const { runClient } = await import("./cli/client.ts");
  // A standard input that stays open would keep the process alive.
  process.exit(await runClient(words, root));
}

/** Loads all that a daemon is made of, so that the next one finds it in the compile cache and stays 15 MB smaller. */
async function warmUp(): Promise<number> {
  await Promise.all([import("./config/load.ts"), import("./daemon.ts"), import("./cli/client.ts")]);
  return 0;
}

async function serve(flags: readonly string[]): Promise<number> {
  const { UserError } = await import("./model/errors.ts");
  const { explainTo } = await import("./model/progress-printer.ts");
  try {
    if (flags.includes("--warm-up")) return await warmUp();
    const { loadSettings } = await import("./config/load.ts");
    const settings = await loadSettings(flags);
    const { runDaemon } = await import("./daemon.ts");
    await runDaemon(settings, () => loadSettings(flags));
    return 0;
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    return explainTo((text) => process.stderr.write(text), error);
  }
}

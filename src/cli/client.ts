import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { callerEnvironment } from "../config/environment.ts";
import { pathsBelow } from "../config/paths.ts";
import { ClientSession } from "./client-session.ts";

/**
 * The local `berth` command: ships words, input and terminal to the daemon, prints what comes back, and resolves
 * with the exit code. It knows no command; each file that it imports costs every command a millisecond or more.
 */
export async function runClient(words: readonly string[], rootFlag: string | undefined): Promise<number> {
  const root = rootFlag ?? callerEnvironment().root;
  let socket: Socket;
  try {
    socket = await open(pathsBelow(root).commandSocket);
  } catch (error) {
    const lines = connectionProblem(error as NodeJS.ErrnoException, root);
    process.stderr.write(lines.map((line) => ` !     ${line}\n`).join(""));
    return 1;
  }
  return await new ClientSession(socket).run(words);
}

async function open(path: string): Promise<Socket> {
  const socket = connect(path);
  await once(socket, "connect");
  return socket;
}

function connectionProblem(error: NodeJS.ErrnoException, root: string): string[] {
  if (error.code === "ENOENT" || error.code === "ECONNREFUSED") {
    return [`Berth is not running on ${root}: start it with 'berth serve --root ${root}'`];
  }
  if (error.code === "EACCES" || error.code === "EPERM") {
    return [`You may not give commands to Berth on ${root}`, "Run it as root, or as the user that runs Berth"];
  }
  return [`Cannot reach Berth on ${root}: ${error.message}`];
}

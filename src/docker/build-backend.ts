import type { DockerEngine, ImageBuild } from "./engine.ts";

/** BuildKit where the engine has it: since API 1.39. */
export async function bestBackend(engine: DockerEngine): Promise<ImageBuild["backend"]> {
  const [major = 0, minor = 0] = (await engine.version()).apiVersion.split(".").map(Number);
  return major > 1 || minor >= 39 ? "buildkit" : "classic";
}

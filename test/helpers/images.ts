import { execFileSync } from "node:child_process";

/** The images that builds and apps of the tests run in: what scripts/images.sh makes, unless the environment names others. */
export const runImage = process.env.BERTH_RUN_IMAGE ?? "berth/run:1";
export const buildImage = process.env.BERTH_BUILD_IMAGE ?? "berth/build:1";

/** Call it in `before`: without the images every test would fail, each with a reason of its own. */
export function requireImages(): void {
  try {
    execFileSync("docker", ["image", "inspect", runImage, buildImage], { stdio: ["ignore", "ignore", "pipe"] });
  } catch (error) {
    throw new Error(`The images ${runImage} and ${buildImage} are not there: run scripts/images.sh`, { cause: error });
  }
}

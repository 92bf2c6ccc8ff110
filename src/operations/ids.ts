import { randomBytes, randomUUID } from "node:crypto";

export function newAppId(): string {
  return randomUUID();
}

export function newReleaseId(): string {
  return randomUUID();
}

/** 14 characters, base36, as Dokku's: 8 of time and 6 random. They sort by time and fit into an image tag. */
export function newBuildId(now: number): string {
  const random = (randomBytes(6).readUIntBE(0, 6) % 36 ** 6).toString(36).padStart(6, "0");
  return now.toString(36).padStart(8, "0").slice(-8) + random;
}

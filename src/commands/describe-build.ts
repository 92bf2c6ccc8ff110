import type { Build } from "../model/build.ts";

/** What the lists and the details of builds say of one. */
export function describeBuild(app: string, build: Build, now: number) {
  const { id, status, commit, builder, image, startedAt, finishedAt } = build;
  return {
    id,
    app,
    // Every build is made by a deploy; Dokku's other kind is one without a build.
    kind: "build",
    status,
    commit,
    builder: builder ?? null,
    image: image ?? null,
    "started-at": new Date(startedAt).toISOString(),
    "finished-at": finishedAt === undefined ? null : new Date(finishedAt).toISOString(),
    seconds: Math.round(((finishedAt ?? now) - startedAt) / 100) / 10,
  };
}

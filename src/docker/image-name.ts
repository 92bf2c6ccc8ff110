/** `berth-INSTANCE/APP:BUILD`. The engine refuses two different separators in a row, which app names may have. */
export function imageName(plan: { readonly instance: string; readonly app: string; readonly buildId: string }): {
  repository: string;
  tag: string;
} {
  const app = plan.app.replace(/[.-]{2,}/g, (separators) => (/^-+$/.test(separators) ? separators : "-"));
  return { repository: `berth-${plan.instance}/${app}`, tag: plan.buildId };
}

/** Whether only Berth may give this name: what builds and dynos run in is under such names. */
export function isOwnName(name: string): boolean {
  return /^((index\.)?docker\.io\/)?berth(-[^/]+)?\//.test(name);
}

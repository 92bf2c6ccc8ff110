import type { View } from "../store/store.ts";

const prefix = "error-pages.";

export function pageKey(code: string): string {
  return prefix + code;
}

/** Code -> name of the file with the page; the host's own where no app is given. */
export function pagesOf(view: View, appId: string | undefined): Record<string, string> {
  const all = Object.entries(view.properties.of(appId)).filter(([key]) => key.startsWith(prefix));
  return Object.fromEntries(all.map(([key, name]) => [key.slice(prefix.length), name]));
}

/** Names of all files that some app or the host still has. */
export function pagesInUse(view: View): Set<string> {
  const owners = [undefined, ...view.apps.list().map(({ id }) => id)];
  return new Set(owners.flatMap((id) => Object.values(pagesOf(view, id))));
}

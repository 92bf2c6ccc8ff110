// As many as Linux follows in one path.
const mostHops = 40;

/**
 * Whether the symbolic link at this path leads out of the tree whose links these are: by its own target, or through another
 * link. `links`: path -> target. One that leads round in a circle or to nothing stays inside.
 */
export function leavesTree(path: string, links: ReadonlyMap<string, string>): boolean {
  const place: string[] = [];
  const parts = path.split("/");
  for (let hops = 0; parts.length > 0; ) {
    const part = parts.shift() ?? "";
    if (part === "" || part === ".") continue;
    if (part === "..") {
      if (place.pop() === undefined) return true;
      continue;
    }
    const target = links.get([...place, part].join("/"));
    if (target === undefined) {
      place.push(part);
      continue;
    }
    if (target.startsWith("/")) return true;
    hops += 1;
    if (hops > mostHops) return false;
    parts.unshift(...target.split("/"));
  }
  return false;
}

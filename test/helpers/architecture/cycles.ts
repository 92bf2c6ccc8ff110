/** Cycles in a graph (node -> nodes it points at), one for each edge that closes one; its first node is also its last. */
export function findCycles(graph: ReadonlyMap<string, readonly string[]>): string[][] {
  const cycles: string[][] = [];
  const done = new Set<string>();
  const trail: string[] = [];
  const visit = (node: string): void => {
    const begin = trail.indexOf(node);
    if (begin !== -1) cycles.push([...trail.slice(begin), node]);
    if (begin !== -1 || done.has(node)) return;
    trail.push(node);
    for (const next of graph.get(node) ?? []) visit(next);
    trail.pop();
    done.add(node);
  };
  for (const node of graph.keys()) visit(node);
  return cycles;
}

import type { Brief } from './brief.ts';

/** A line of a waterfall: a span, or a parent that the file does not hold. */
export type Row = {
  readonly span?: Brief;
  readonly missing?: string;
  readonly depth: number;
  /** For each level above, whether more follows there; the last one is the row's own. */
  readonly branches: readonly boolean[];
  readonly children: number;
};

type Node = { readonly span?: Brief; readonly missing?: string; readonly start: bigint; readonly children: Node[] };

export type Tree = { readonly rows: readonly Row[]; readonly repeated: number; readonly cycles: number };

/**
 * The spans of one trace in the order of a waterfall: parents before children, earlier ones first. Spans whose parent is not there hang
 * below a stand-in for it; a circle of parents is cut where it begins; a span that is there twice is shown once.
 */
export function treeOf(spans: readonly Brief[]): Tree {
  const nodes = new Map<string, Node>();
  let repeated = 0;
  const all: Node[] = [];
  for (const span of spans) {
    const held = nodes.get(span.spanId);
    if (held?.span && same(held.span, span)) {
      repeated++;
      continue;
    }
    const node: Node = { span, start: span.start, children: [] };
    all.push(node);
    if (!held) nodes.set(span.spanId, node);
  }
  const roots = rooted(all, nodes);
  const cycles = cutCircles(all, roots);
  return { rows: laid(roots), repeated, cycles };
}

const same = (a: Brief, b: Brief): boolean => a.name === b.name && a.start === b.start && a.end === b.end && a.parentId === b.parentId;

/** Hangs every node below its parent; those without one are roots. */
function rooted(all: readonly Node[], nodes: ReadonlyMap<string, Node>): Node[] {
  const roots: Node[] = [];
  const standIns = new Map<string, Node>();
  for (const node of all) {
    const parentId = node.span?.parentId;
    if (parentId === undefined) roots.push(node);
    else if (nodes.has(parentId)) nodes.get(parentId)!.children.push(node);
    else if (standIns.has(parentId)) standIns.get(parentId)!.children.push(node);
    else {
      const standIn: Node = { missing: parentId, start: node.start, children: [node] };
      standIns.set(parentId, standIn);
      roots.push(standIn);
    }
  }
  return roots;
}

/** What no root leads to goes round in circles: the earliest of each becomes a root. */
function cutCircles(all: readonly Node[], roots: Node[]): number {
  const reached = new Set<Node>();
  const reach = (from: Node): void => {
    const waiting = [from];
    for (let node = waiting.pop(); node; node = waiting.pop()) {
      if (reached.has(node)) continue;
      reached.add(node);
      waiting.push(...node.children);
    }
  };
  for (const root of roots) reach(root);
  const lost = all.filter((node) => !reached.has(node)).sort(byStart);
  const parents = new Map(lost.flatMap((parent) => parent.children.map((child): [Node, Node] => [child, parent])));
  let cycles = 0;
  for (const node of lost) {
    if (reached.has(node)) continue;
    const start = cutAt(node, parents);
    reach(start);
    roots.push(start);
    cycles++;
  }
  return cycles;
}

/** From a node in or below a circle to the earliest of the circle, which is cut off from its parent there. */
function cutAt(node: Node, parents: ReadonlyMap<Node, Node>): Node {
  const passed = new Set<Node>();
  let at = node;
  while (!passed.has(at)) {
    passed.add(at);
    at = parents.get(at) ?? at;
  }
  let earliest = at;
  for (let next = parents.get(at); next && next !== at; next = parents.get(next)) if (byStart(next, earliest) < 0) earliest = next;
  const siblings = parents.get(earliest)?.children;
  siblings?.splice(siblings.indexOf(earliest), 1);
  return earliest;
}

const byStart = (a: Node, b: Node): number => (a.start < b.start ? -1 : a.start > b.start ? 1 : 0);

/** Depth first, without recursion: a trace may be a chain of any length. */
function laid(roots: readonly Node[]): readonly Row[] {
  const rows: Row[] = [];
  const waiting: { readonly node: Node; readonly branches: readonly boolean[] }[] = [];
  const push = (nodes: readonly Node[], above: readonly boolean[], depth: number): void => {
    const sorted = [...nodes].sort(byStart);
    for (let i = sorted.length - 1; i >= 0; i--) {
      // A root has no branch of its own. Branches deeper than any screen are not remembered.
      const branches = depth === 0 || above.length > 200 ? above : [...above, i < sorted.length - 1];
      waiting.push({ node: sorted[i]!, branches });
    }
  };
  push(roots, [], 0);
  for (let next = waiting.pop(); next; next = waiting.pop()) {
    const { node, branches } = next;
    const { span, missing, children } = node;
    rows.push({
      ...(span ? { span } : {}),
      ...(missing === undefined ? {} : { missing }),
      depth: branches.length,
      branches,
      children: children.length,
    });
    push(children, branches, branches.length + 1);
  }
  return rows;
}

import type { IngestionFile } from '../api/ingestionfile.ts';

/** More records than this and the API server suffers: a record is a view, the ledger is the memory. */
export type Caps = { readonly cluster: number; readonly namespace: number };

export const defaultCaps: Caps = { cluster: 8_000, namespace: 1_200 };

/** How many records there are, by namespace and in all. */
export type Census = { readonly total: number; readonly byNamespace: ReadonlyMap<string, number> };

/** From here on finished records give way, so that new ones find room before the cap is reached. */
const FULL = 0.9;

export function census(records: Iterable<IngestionFile>): Census {
  const byNamespace = new Map<string, number>();
  let total = 0;
  for (const { metadata } of records) {
    total++;
    const namespace = metadata.namespace ?? '';
    byNamespace.set(namespace, (byNamespace.get(namespace) ?? 0) + 1);
  }
  return { total, byNamespace };
}

/** How many more records a namespace may get. A full cluster is shared evenly by the namespaces that have records. */
export function room(census: Census, namespace: string, caps: Caps): number {
  const here = census.byNamespace.get(namespace) ?? 0;
  const namespaces = census.byNamespace.size + (census.byNamespace.has(namespace) ? 0 : 1);
  const share = Math.floor(caps.cluster / namespaces);
  const inCluster = caps.cluster - census.total;
  return Math.max(0, Math.min(caps.namespace - here, Math.max(inCluster, share - here)));
}

/** How many records too many a namespace has: beyond its own cap, or its part of what is beyond that of the cluster. */
export function excess({ total, byNamespace }: Census, namespace: string, caps: Caps): number {
  const here = byNamespace.get(namespace) ?? 0;
  const ofItsOwn = here - Math.floor(FULL * caps.namespace);
  const share = Math.floor((FULL * caps.cluster) / Math.max(1, byNamespace.size));
  const above = (count: number) => Math.max(0, count - share);
  const tooMany = Math.max(0, total - Math.floor(FULL * caps.cluster));
  if (tooMany === 0 || above(here) === 0) return Math.max(0, ofItsOwn);
  const allAbove = [...byNamespace.values()].reduce((sum, count) => sum + above(count), 0);
  return Math.max(0, ofItsOwn, Math.ceil((tooMany * above(here)) / allAbove));
}

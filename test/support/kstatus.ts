import type { Condition } from '../../src/api/conditions.ts';

/** What `kubectl wait`, Helm and Flux conclude from an object. */
export type KStatus = 'Current' | 'InProgress' | 'Failed' | 'Terminating';

/** As much of an object as the conclusion looks at. */
export type Judged = {
  readonly metadata: { readonly generation?: number; readonly deletionTimestamp?: string };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Pick<Condition, 'type' | 'status'>[] };
};

/** The rules of cli-utils' kstatus for custom resources: the generic properties first, then Ready. */
export function kstatus({ metadata, status }: Judged): KStatus {
  if (metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (status?.observedGeneration !== undefined && status.observedGeneration !== metadata.generation) return 'InProgress';
  const conditions = status?.conditions ?? [];
  for (const { type, status: value } of conditions) {
    if (type === 'Reconciling' && value === 'True') return 'InProgress';
    if (type === 'Stalled' && value === 'True') return 'Failed';
  }
  const ready = conditions.find(({ type }) => type === 'Ready');
  return ready && ready.status !== 'True' ? 'InProgress' : 'Current';
}

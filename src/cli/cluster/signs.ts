import { workerSelector } from '../../kube/capacity.ts';
import type { Lease } from '../../kube/kinds.ts';
import { ago } from '../terminal/words.ts';
import type { Cluster } from './session.ts';

/** Whether an operator is alive, as far as a person may see. */
export type Signs = 'alive' | 'unknown' | { readonly lastMs: number } | 'none';

/** A worker renews its Lease every ten seconds and counts as dead after thirty; clocks may differ a little. */
const ALIVE_MS = 45_000;

/** Reads signs of life from the Leases of workers. */
export function signsIn(leases: readonly Lease[], now: number): Signs {
  const held = leases.filter(({ spec }) => spec?.holderIdentity);
  const renewals = (held.length > 0 ? held : leases).map(({ spec }) => Date.parse(spec?.renewTime ?? '') || 0);
  if (renewals.length === 0) return 'none';
  const lastMs = now - Math.max(...renewals);
  return held.length > 0 && lastMs < ALIVE_MS ? 'alive' : { lastMs };
}

/** Looks for signs of life. Who may not list Leases does not know. */
export async function signs({ kube, io }: Cluster): Promise<Signs> {
  try {
    const leases: Lease[] = [];
    for await (const { items } of kube.leases.list({ labelSelector: workerSelector })) leases.push(...items);
    return signsIn(leases, io.clock.now());
  } catch {
    return 'unknown';
  }
}

const LOOK = 'kubectl get pods -A -l app.kubernetes.io/name=spanferry shows its pods';

/** Why nothing happens, where that is the operator; undefined while it lives or nobody knows. */
export function silence(seen: Signs): string | undefined {
  if (seen === 'none') return `no operator is running in this cluster: install it with Helm; ${LOOK}`;
  return typeof seen === 'object' ? `the operator is not running, its last sign of life was ${ago(seen.lastMs)}; ${LOOK}` : undefined;
}

/** The same where an answer was waited for. */
export const unanswered = (seen: Signs, waitedMs: number): string =>
  silence(seen) ??
  (seen === 'alive'
    ? `the operator is alive but has not answered within ${Math.round(waitedMs / 1_000)} s: its logs say why, --timeout waits longer`
    : `the operator has not answered within ${Math.round(waitedMs / 1_000)} s: is it running? ${LOOK}`);

import type { Lease } from './kinds.ts';

/** What a worker publishes about itself in its Lease. */
export type Capacity = {
  /** Files it ferries at once; 0 while it drains. */
  readonly slots: number;
  /** Files bound to it that wait for something outside and hold no slot. */
  readonly waiting: number;
};

/**
 * Where capacity stands. An annotation, because the spec of a Lease has no field for it and a second object would need a
 * second write: a renewal carries both.
 */
export const capacityAnnotation = 'spanferry.io/capacity';

/** Tells the Leases of workers from the leader's. */
export const workerLabels = { 'spanferry.io/role': 'worker' } as const;
export const workerSelector = 'spanferry.io/role=worker';

export const capacityText = ({ slots, waiting }: Capacity): string => JSON.stringify({ slots, waiting });

/** What cannot be read, or was written by hand, offers no slot. */
export function capacityOf({ metadata }: Lease): Capacity {
  const none: Capacity = { slots: 0, waiting: 0 };
  const text = metadata.annotations?.[capacityAnnotation];
  if (text === undefined || text.length > 1_000) return none;
  try {
    const said: unknown = JSON.parse(text);
    if (typeof said !== 'object' || said === null) return none;
    return { slots: count('slots' in said && said.slots), waiting: count('waiting' in said && said.waiting) };
  } catch {
    return none;
  }
}

const MOST = 10_000;

const count = (value: unknown): number => (Number.isInteger(value) ? Math.min(MOST, Math.max(0, Number(value))) : 0);

import { z } from 'zod';
import { count, type Frozen, maxMessage, moment } from './fields.ts';

/** `Ready` is always there; `Reconciling` and `Stalled` only while they are true, as kstatus wants it. */
export const conditionTypes = ['Ready', 'Reconciling', 'Stalled', 'StoreReady', 'DestinationReady'] as const;

/** One condition, as every kind of Kubernetes has them. Its type is open: a newer operator may know more of them. */
const condition = z.object({
  type: z.string().min(1).max(316).describe('Ready, Reconciling, Stalled, StoreReady or DestinationReady.'),
  status: z.enum(['True', 'False', 'Unknown']).describe('Whether the condition holds.'),
  observedGeneration: count().exactOptional().describe('Generation of the spec that this was found for.'),
  lastTransitionTime: moment().describe('When the status last changed.'),
  reason: z.string().min(1).max(128).describe('One word for programs; the troubleshooting page has an entry for each.'),
  message: z.string().max(maxMessage).describe('A sentence for people: what was seen, and what to do about it.'),
});

/** Conditions, one of each type. */
export const conditions = z
  .array(condition)
  .max(16)
  .meta({ 'x-kubernetes-list-type': 'map', 'x-kubernetes-list-map-keys': ['type'] });

export type Condition = Frozen<z.output<typeof condition>>;

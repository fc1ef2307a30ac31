import type { Condition } from '../api/conditions.ts';
import { clip } from '../api/fields.ts';

export type ConditionStatus = Condition['status'];

/** What a caller says; the rest follows from what was there before. */
export type Observed = Pick<Condition, 'type' | 'status' | 'reason' | 'message'>;

/** When, and for which generation of the spec, something was observed. */
export type Moment = { readonly now: number; readonly generation: number };

type Said = { readonly reason: string; readonly message: string };

/** Sets one condition. The time of transition moves only when the status changes; without any change the same list comes back. */
export function setCondition(list: readonly Condition[], observed: Observed, { now, generation }: Moment): readonly Condition[] {
  const before = list.find(({ type }) => type === observed.type);
  const message = clip(observed.message);
  const changed = before?.status !== observed.status;
  const after: Condition = {
    ...observed,
    message,
    lastTransitionTime: changed || !before ? seconds(now) : before.lastTransitionTime,
    observedGeneration: generation,
  };
  if (!before) return [...list, after];
  const same = !changed && before.reason === after.reason && before.message === message && before.observedGeneration === generation;
  return same ? list : list.map((condition) => (condition === before ? after : condition));
}

/** Removes conditions; without any of them there the same list comes back. */
export function clearConditions(list: readonly Condition[], ...types: readonly string[]): readonly Condition[] {
  return list.some(({ type }) => types.includes(type)) ? list.filter(({ type }) => !types.includes(type)) : list;
}

/** All is well: Ready is True, and nothing else is in the way. */
export const markReady = (list: readonly Condition[], said: Said, moment: Moment): readonly Condition[] =>
  setCondition(clearConditions(list, 'Reconciling', 'Stalled'), { type: 'Ready', status: 'True', ...said }, moment);

/** Under way, or failing and tried again: Ready is not True and Reconciling is. `Unknown` says that it is too early to tell. */
export const markReconciling = (
  list: readonly Condition[],
  said: Said,
  moment: Moment,
  ready: Exclude<ConditionStatus, 'True'> = 'False',
): readonly Condition[] => both(clearConditions(list, 'Stalled'), 'Reconciling', ready, said, moment);

/** Nothing goes on until a person acts: Ready is False and Stalled is True. */
export const markStalled = (list: readonly Condition[], said: Said, moment: Moment): readonly Condition[] =>
  both(clearConditions(list, 'Reconciling'), 'Stalled', 'False', said, moment);

const both = (list: readonly Condition[], type: string, ready: ConditionStatus, said: Said, moment: Moment): readonly Condition[] =>
  setCondition(setCondition(list, { type: 'Ready', status: ready, ...said }, moment), { type, status: 'True', ...said }, moment);

const seconds = (now: number): string => `${new Date(now).toISOString().slice(0, 19)}Z`;

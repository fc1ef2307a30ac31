import type { Condition } from '../../src/api/conditions.ts';
import type { IngestionSource } from '../../src/api/ingestionsource.ts';
import type { Revision } from './follow.ts';

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

/** What in the life of one source would mislead whoever waits for it, revision by revision. */
export function misleading(life: readonly Revision<IngestionSource>[]): readonly string[] {
  return life.flatMap(({ object }, at) => {
    const before = life[at - 1]?.object;
    const isSame = before?.metadata.uid === object.metadata.uid;
    const complaints = [...contradictions(object), ...(before && isSame ? leaps(before, object) : [])];
    return complaints.map((each) => `${object.metadata.name}: ${each}: ${JSON.stringify({ ...object.status, lastScan: undefined })}`);
  });
}

/** Conditions say one thing, and kstatus concludes just that. */
function contradictions(source: IngestionSource): readonly string[] {
  const { metadata, status } = source;
  const conditions = status.conditions ?? [];
  const is = (type: string) => conditions.find((each) => each.type === type)?.status;
  const isHandled = status.observedGeneration === metadata.generation;
  const expected =
    metadata.deletionTimestamp !== undefined
      ? 'Terminating'
      : !isHandled || is('Reconciling')
        ? 'InProgress'
        : is('Stalled')
          ? 'Failed'
          : 'Current';
  const rules: readonly (readonly [broken: boolean, rule: string])[] = [
    [kstatus(source) !== expected, `kstatus says ${kstatus(source)} instead of ${expected}`],
    [conditions.length > 0 && is('Ready') === undefined, 'there is no Ready'],
    [is('Reconciling') !== undefined && is('Reconciling') !== 'True', 'Reconciling is there and not True'],
    [is('Stalled') !== undefined && is('Stalled') !== 'True', 'Stalled is there and not True'],
    [is('Stalled') !== undefined && is('Reconciling') !== undefined, 'it is Stalled and Reconciling'],
    [is('Ready') === 'True' && (is('Stalled') ?? is('Reconciling')) !== undefined, 'it is Ready, and something is in the way'],
    [
      is('Ready') !== 'True' && conditions.length > 0 && (is('Stalled') ?? is('Reconciling')) === undefined,
      'it is not Ready, and nothing says why',
    ],
    [is('Stalled') !== undefined && is('Ready') !== 'False', 'it is Stalled, and Ready is not False'],
    [(status.observedGeneration ?? -1) > (metadata.generation ?? 0), 'it has seen a generation that is yet to come'],
    [
      isHandled && conditions.some(({ type, observedGeneration }) => type === 'Ready' && observedGeneration !== metadata.generation),
      'Ready is about another generation',
    ],
    [conditions.some(({ reason, message }) => reason === '' || message === ''), 'a condition says nothing'],
  ];
  return rules.flatMap(([broken, rule]) => (broken ? [rule] : []));
}

/** What must not happen from one revision to the next. */
function leaps(before: IngestionSource, { status }: IngestionSource): readonly string[] {
  const seen = before.status.observedGeneration;
  const moved = (status.conditions ?? []).filter((now) => {
    const was = before.status.conditions?.find(({ type }) => type === now.type);
    return (
      was !== undefined && (was.status === now.status) !== (was.lastTransitionTime === now.lastTransitionTime) && was.status === now.status
    );
  });
  return [
    ...(status.observedGeneration < seen ? [`observedGeneration falls from ${seen}`] : []),
    ...moved.map(({ type }) => `${type} says that it changed, and did not`),
  ];
}

import { describe, expect, test } from 'vitest';
import { cache } from '../../../src/kube/cache.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import type { WatchEvent } from '../../../src/kube/watch.ts';

type Event = WatchEvent<KubeObject>;

const object = (name: string, version: number, uid = name): KubeObject => ({
  metadata: { namespace: 'ml', name, uid, resourceVersion: String(version), labels: { worker: version % 2 ? 'odd' : 'even' } },
});
const listed = (...objects: KubeObject[]): Event[] => [
  { type: 'init' },
  ...objects.map((each): Event => ({ type: 'initApply', object: each })),
  { type: 'initDone' },
];
const strange = (name: string, gone = false): Event => ({
  type: 'misfit',
  gone,
  ref: { namespace: 'ml', name },
  uid: name,
  failure: { reason: 'InvalidSpec', message: 'spec.store: this field is required' },
});

async function told(...events: Event[]) {
  const copy = cache<KubeObject, 'worker'>({ indexes: { worker: ({ metadata }) => Object.values(metadata.labels ?? {}) } });
  const changes: string[] = [];
  copy.onChange(({ type, object: { metadata } }) => changes.push(`${type} ${metadata.name}@${metadata.resourceVersion}`));
  await copy.run(
    (async function* () {
      yield* events;
    })(),
  );
  return { copy, changes };
}

const cases: readonly [sentence: string, events: Event[], changes: string[]][] = [
  ['a first list is told when it is complete', listed(object('a', 1), object('b', 2)), ['add a@1', 'add b@2']],
  ['half a list is not told at all', listed(object('a', 1)).slice(0, 2), []],
  [
    'a relist tells what vanished, changed and came, and nothing twice',
    [...listed(object('a', 1), object('b', 2), object('c', 3)), ...listed(object('a', 1), object('b', 5), object('d', 4))],
    ['add a@1', 'add b@2', 'add c@3', 'delete c@3', 'update b@5', 'add d@4'],
  ],
  [
    'a list that broke off and began anew tells its second half only once',
    [...listed(object('a', 1)).slice(0, 2), ...listed(object('a', 1), object('b', 2))],
    ['add a@1', 'add b@2'],
  ],
  [
    'an object made anew under its old name is a delete and an add',
    [...listed(object('a', 1, 'x')), { type: 'apply', object: object('a', 7, 'y') }],
    ['add a@1', 'delete a@1', 'add a@7'],
  ],
  [
    'and so it is when only a relist shows it',
    [...listed(object('a', 1, 'x')), ...listed(object('a', 7, 'y'))],
    ['add a@1', 'delete a@1', 'add a@7'],
  ],
  ['the same state is not told again', [...listed(object('a', 1)), { type: 'apply', object: object('a', 1) }], ['add a@1']],
  ['an object that no longer fits its schema is gone', [...listed(object('a', 1)), strange('a')], ['add a@1', 'delete a@1']],
];

describe('what a cache tells', () => {
  test.each(cases)('%s', async (_sentence, events, changes) => {
    expect((await told(...events)).changes).toEqual(changes);
  });
});

describe('what a cache holds', () => {
  test('an index follows its objects', async () => {
    const { copy } = await told(...listed(object('a', 1), object('b', 3)), { type: 'apply', object: object('b', 4) });
    expect(copy.by('worker', 'odd').map(({ metadata }) => metadata.name)).toEqual(['a']);
    expect(copy.by('worker', 'even').map(({ metadata }) => metadata.name)).toEqual(['b']);
    expect(copy.by('worker', 'none')).toEqual([]);
  });

  test('misfits are known as long as they are there', async () => {
    expect([...(await told({ type: 'init' }, strange('a'), { type: 'initDone' })).copy.misfits().keys()]).toEqual(['ml/a']);
    expect((await told({ type: 'init' }, strange('a'), { type: 'initDone' }, strange('a', true))).copy.misfits().size).toBe(0);
    expect((await told({ type: 'init' }, strange('a'), { type: 'initDone' }, ...listed(object('a', 2)))).copy.misfits().size).toBe(0);
  });
});

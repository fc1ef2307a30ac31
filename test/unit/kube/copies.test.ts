import { expect, test } from 'vitest';
import { copies } from '../../../src/kube/copies.ts';
import type { KubeObject } from '../../../src/kube/meta.ts';
import type { WatchEvent } from '../../../src/kube/watch.ts';

type Event = WatchEvent<KubeObject>;

const object = (namespace: string, name: string): KubeObject => ({
  metadata: { namespace, name, uid: `${namespace}-${name}`, resourceVersion: '1', labels: { team: 'agents' } },
});
const listed = (...objects: KubeObject[]): Event[] => [
  { type: 'init' },
  ...objects.map((each): Event => ({ type: 'initApply', object: each })),
  { type: 'initDone' },
];
const told = async function* (events: readonly Event[]) {
  yield* events;
};

/** A copy of these namespaces, and what it tells while it is told this in each. */
async function following(events: Readonly<Record<string, readonly Event[]>>) {
  const copy = copies<KubeObject, 'team'>(Object.keys(events), {
    indexes: { team: ({ metadata }) => Object.values(metadata.labels ?? {}) },
  });
  const changes: string[] = [];
  copy.onChange(({ type, object: { metadata } }) => changes.push(`${type} ${metadata.namespace}/${metadata.name}`));
  let synced = false;
  void copy.synced.then(() => {
    synced = true;
  });
  await copy.follow(({ namespace = '' }) => told(events[namespace] ?? []));
  await Promise.resolve();
  return { copy, changes, synced };
}

test('objects of all namespaces named are seen as one', async () => {
  const { copy, synced } = await following({ ml: listed(object('ml', 'a')), search: listed(object('search', 'a'), object('search', 'b')) });
  expect(synced).toBe(true);
  expect([...copy.values()].map(({ metadata }) => metadata.uid).sort()).toEqual(['ml-a', 'search-a', 'search-b']);
  expect(copy.size()).toBe(3);
  expect(copy.get('search/a')?.metadata.uid).toBe('search-a');
  expect(copy.by('team', 'agents')).toHaveLength(3);
});

test('a list begun anew in one namespace takes nothing from another', async () => {
  const { copy, changes } = await following({ ml: [...listed(object('ml', 'a')), ...listed()], search: listed(object('search', 'a')) });
  expect([...copy.values()].map(({ metadata }) => metadata.uid)).toEqual(['search-a']);
  expect(changes).toEqual(expect.arrayContaining(['add ml/a', 'add search/a', 'delete ml/a']));
});

test('while one namespace is not in, none of it counts as a whole view', async () => {
  const { synced } = await following({ ml: listed(object('ml', 'a')), search: [{ type: 'init' }] });
  expect(synced).toBe(false);
});

test('where none is named there is one watch, over all of them', async () => {
  const copy = copies<KubeObject>([]);
  const asked: unknown[] = [];
  await copy.follow((place) => {
    asked.push(place);
    return told(listed(object('ml', 'a')));
  });
  await copy.synced;
  expect(asked).toEqual([{}]);
  expect(copy.get('ml/a')).toBeDefined();
});

import { describe, expect, test } from 'vitest';
import { capacityAnnotation, capacityOf } from '../../../src/kube/capacity.ts';
import type { Lease } from '../../../src/kube/kinds.ts';
import { look, nothingSeen, present, type Sightings, type Standing, standing } from '../../../src/kube/liveness.ts';

const sight = { deadMs: 30_000, gapMs: 10_000, recoveryMs: 10_000 };

const lease = (
  name: string,
  renewTime: string,
  more: Partial<NonNullable<Lease['spec']>> = {},
  capacity = '{"slots":4,"waiting":1}',
): Lease => ({
  metadata: { namespace: 'spanferry', name, uid: `uid-${name}`, resourceVersion: '1', annotations: { [capacityAnnotation]: capacity } },
  spec: { holderIdentity: name, renewTime, ...more },
});

/** Looks of a leader: how long after the one before, and the Leases found. */
type Look = readonly [elapsedMs: number, ...leases: readonly Lease[]];
const after = (...looks: readonly Look[]): Sightings =>
  looks.reduce((seen, [elapsedMs, ...leases]) => look(seen, leases, elapsedMs, sight), nothingSeen);

const silent = lease('w', '09:00');
const every5s = (times: number, ...leases: readonly Lease[]): Look[] => Array.from({ length: times }, () => [5_000, ...leases]);

const cases: readonly [sentence: string, seen: Sightings, expected: Standing][] = [
  ['a worker seen for the first time is alive, whatever its Lease says about time', after([0, lease('w', '1970')]), 'alive'],
  ['a worker that was silent for less than 30 s is alive', after([0, silent], ...every5s(5, silent)), 'alive'],
  ['a worker that was silent for 30 s is overdue', after([0, silent], ...every5s(6, silent)), 'overdue'],
  [
    'a renewal starts the count anew',
    after([0, silent], ...every5s(5, silent), [5_000, lease('w', '09:01')], ...every5s(5, lease('w', '09:01'))),
    'alive',
  ],
  ['a renewal counts even if it goes back in time', after([0, silent], ...every5s(5, silent), [5_000, lease('w', '08:00')]), 'alive'],
  ['two minutes of blindness make nobody dead', after([0, silent], [120_000, silent]), 'alive'],
  ['nor do they when the worker had been silent before', after([0, silent], ...every5s(5, silent), [120_000, silent]), 'alive'],
  [
    'after blindness a worker that stays silent is found',
    after([0, silent], ...every5s(5, silent), [120_000, silent], ...every5s(2, silent)),
    'overdue',
  ],
  [
    'looks every 20 s find a dead worker too, only later',
    after([0, silent], [20_000, silent], [20_000, silent], [20_000, silent]),
    'overdue',
  ],
  ['a worker that released its Lease has left', after([0, lease('w', '09:00', { holderIdentity: '' })]), 'left'],
  [
    'and has left even if its Lease is gone by the next look',
    after([0, lease('w', '09:00', { holderIdentity: '' })], ...every5s(20)),
    'left',
  ],
  ['a worker whose Lease was taken from it died', after([0, lease('w', '09:00', { holderIdentity: 'evicted' })]), 'died'],
  ['a worker whose Lease was deleted may still send', after([0, silent], [5_000]), 'alive'],
  ['and died once it would have been overdue', after([0, silent], ...every5s(6)), 'died'],
  ['and is alive when it creates the Lease anew', after([0, silent], ...every5s(4), [5_000, lease('w', '09:02')]), 'alive'],
  ['a worker without slots is leaving', after([0, lease('w', '09:00', {}, '{"slots":0,"waiting":0}')]), 'leaving'],
  ['a name nobody has seen may be a worker that the leader before us knew', after([0], ...every5s(5)), 'unseen'],
  ['after 30 s of looking it died', after([0], ...every5s(6)), 'died'],
  ['blindness does not count as looking', after([0], [120_000], [120_000]), 'unseen'],
];

describe('whether a worker lives', () => {
  test.each(cases)('%s', (_sentence, seen, expected) => {
    expect(standing(seen, 'w', sight)).toBe(expected);
  });

  test('those present are told with what they published', () => {
    const seen = after([
      0,
      silent,
      lease('gone', '09:00', { holderIdentity: '' }),
      lease('leaving', '09:00', {}, '{"slots":0,"waiting":0}'),
    ]);
    expect(present(seen, sight)).toEqual([
      { name: 'w', slots: 4, waiting: 1 },
      { name: 'leaving', slots: 0, waiting: 0 },
    ]);
  });

  const published: readonly [text: string, slots: number][] = [
    ['{"slots":4,"waiting":0}', 4],
    ['{"slots":4,"waiting":0,"packs":true}', 4],
    ['', 0],
    ['{"slots":"4"}', 0],
    ['{"slots":-1}', 0],
    ['{"slots":1e99}', 10_000],
    ['null', 0],
    ['[8]', 0],
  ];
  test.each(published)('capacity %j offers %i slots', (text, slots) => {
    expect(capacityOf(lease('w', '09:00', {}, text)).slots).toBe(slots);
  });
});

import { describe, expect, test } from 'vitest';
import { type Signs, signsIn, unanswered } from '../../../../src/cli/cluster/signs.ts';
import type { Lease } from '../../../../src/kube/kinds.ts';

const now = Date.parse('2026-11-20T12:00:00Z');
const lease = (seconds: number, holderIdentity = 'worker-a'): Lease => ({
  metadata: { namespace: 'spanferry', name: 'worker-a', uid: 'u', resourceVersion: '1' },
  spec: { holderIdentity, renewTime: new Date(now - seconds * 1_000).toISOString() },
});

describe('signs of life of an operator', () => {
  test.each<[sentence: string, leases: readonly Lease[], expected: Signs]>([
    ['one worker that renews its Lease is enough', [lease(9_000), lease(8)], 'alive'],
    ['a clock that is a little ahead does not matter', [lease(-20)], 'alive'],
    ['a Lease that nobody renews is the last sign', [lease(300), lease(7_200)], { lastMs: 300_000 }],
    ['and so is one that was given back', [lease(5, '')], { lastMs: 5_000 }],
    ['without a Lease there never was one', [], 'none'],
  ])('%s', (_sentence, leases, expected) => {
    expect(signsIn(leases, now)).toEqual(expected);
  });

  test.each<[seen: Signs, says: RegExp]>([
    ['none', /^no operator is running in this cluster: install it with Helm; kubectl get pods /],
    [{ lastMs: 300_000 }, /^the operator is not running, its last sign of life was 5 min ago; /],
    ['alive', /^the operator is alive but has not answered within 30 s: its logs say why/],
    ['unknown', /^the operator has not answered within 30 s: is it running\? /],
  ])('where no answer comes and they are %j', (seen, says) => {
    expect(unanswered(seen, 30_000)).toMatch(says);
  });
});

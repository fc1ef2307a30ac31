import { describe, expect, test } from 'vitest';
import { force, retry } from '../../../../src/cli/cluster/retry.ts';
import { pack, secondsAgo, source, toldCluster } from '../../../support/cli/cluster.ts';

// run-1.json was given back and goes on alone; two could not be read any more.
const packed = pack(5, {
  state: 'Completed',
  attempts: 1,
  retries: 0,
  completionTime: secondsAgo(10),
  packSpans: [12, 0, 18, 0, 0],
  returned: [{ index: 1, reason: 'Truncated', message: 'the file ends in the middle' }],
  unread: [
    { index: 3, reason: 'Deleted', message: 'it was deleted' },
    { index: 4, reason: 'Archived', message: 'it lies in an archive class' },
  ],
});
const told = () => toldCluster({ sources: [source('checkout-agents')], files: [packed] });
const timeout = '1s';

describe('a pack is asked as a whole, and the words say so:', () => {
  test.each<[args: readonly string[], reason: readonly string[], says: string]>([
    [[], ['Deleted'], 'checkout-agents: 1 file is tried again that failed with Deleted, and 1 other in the same pack\n'],
    [[], ['Deleted', 'Archived'], 'checkout-agents: 2 files are tried again that failed with Deleted or Archived\n'],
    [['run-3.json'], [], 'checkout-agents: 2 files are tried again\n'],
  ])('retry %j %j', async (keys, reason, says) => {
    const { cluster, out } = told();
    expect(await retry(cluster, 'checkout-agents', keys, { reason, timeout })).toBe(0);
    expect(out()).toBe(says);
  });

  test('force counts the files that would go along, and not one that was given back', async () => {
    const { cluster, err } = told();
    expect(await force(cluster, 'checkout-agents', ['run-0.json'], {})).toBe(1);
    expect(err()).toMatch(/run-0\.json travelled with 3 other files, and only all of them can be ingested again: --whole-pack does\n$/);
    const whole = told();
    expect(await force(whole.cluster, 'checkout-agents', ['run-0.json'], { wholePack: true })).toBe(0);
    expect(whole.out()).toBe('checkout-agents: 4 files are ingested again\n');
  });
});

import { expect, test } from 'vitest';
import { metrics } from '../../../src/observability/metrics.ts';
import { verdictObserver } from '../../../src/operator/observers.ts';
import { aPack } from '../../support/records.ts';

test('a pack counts as if each of its files had ended by itself, but for those that go on', async () => {
  const measured = metrics();
  const because = (index: number, reason: string) => ({ index, reason, message: '' });
  const status = {
    ...({ state: 'Completed', attempts: 1, retries: 0, files: 37, spans: 72, bytes: 9_000 } as const),
    returned: [because(1, 'Truncated'), because(2, 'Truncated')],
    unread: [because(3, 'Superseded'), because(4, 'Deleted')],
  };
  const { ended } = verdictObserver(measured);
  // A worker that stopped had come half way.
  ended?.(aPack(40), { state: 'Pending', attempts: 1, retries: 0, files: 20, bytes: 4_500 }, 0.5);
  ended?.(aPack(40), status, 0.5);
  const { text } = await measured.scrape();
  const labels = 'namespace="ml-platform",source="checkout"';
  for (const line of [
    `spanferry_files_total{${labels},state="Pending",reason=""} 1`,
    `spanferry_files_total{${labels},state="Completed",reason=""} 36`,
    `spanferry_files_total{${labels},state="Completed",reason="Superseded"} 1`,
    `spanferry_files_total{${labels},state="Failed",reason="Deleted"} 1`,
    `spanferry_returned_files_total{${labels},reason="Truncated"} 2`,
    `spanferry_bytes_total{${labels}} 9000`,
  ]) {
    expect(text).toContain(line);
  }
});

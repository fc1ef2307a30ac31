import { describe, expect, test } from 'vitest';
import { rateOf, status } from '../../../../src/cli/cluster/status.ts';
import { width } from '../../../../src/cli/terminal/width.ts';
import type { Source } from '../../../../src/kube/ownkinds.ts';
import { now, record, secondsAgo, source, toldCluster } from '../../../support/cli/cluster.ts';
import type { World } from '../../../support/cli/io.ts';

const condition = (type: string, status: string, reason: string, message: string) => ({
  type,
  status,
  reason,
  message,
  lastTransitionTime: secondsAgo(900),
});

const flowing = source(
  'checkout-agents',
  { description: 'Traces of the checkout agents', destination: { endpoint: 'http://otel-collector:4318' } },
  {
    identity: 'arn:aws:sts::123456789012:assumed-role/spanferry/ml-platform-checkout-agents',
    conditions: [
      condition('Ready', 'True', 'Flowing', '1,204 files done, 12 under way, 2,180 to come'),
      condition('StoreReady', 'True', 'Reachable', 'the bucket can be listed and read'),
      condition('DestinationReady', 'True', 'Reachable', 'spans are taken'),
    ],
    files: { pending: 4, processing: 8, completed: 1_201, failed: 3, backlog: 2_180 },
    totals: { files: 1_204, spans: 120_412, bytes: 812_345_678, rejectedSpans: 17, retries: 5 },
    lastCompletionTime: secondsAgo(2),
    lastFailureTime: secondsAgo(320),
    lastScan: {
      startTime: secondsAgo(14),
      completionTime: secondsAgo(12),
      listed: 3_402,
      matched: 3_396,
      new: 4,
      skipped: [
        { extension: '.txt', count: 4 },
        { extension: '', count: 2 },
      ],
    },
    lastTest: { token: 't', time: secondsAgo(7_300), ok: true, filesFound: 3_390 },
    recentFailures: [
      {
        key: 'agents/prod/2026/11/20/run-000123-of-the-checkout-agent.json',
        reason: 'InvalidJSON',
        message: 'unexpected "}" at offset 1810',
      },
      { key: 'agents/prod/\u001b[31mred.json', reason: 'InvalidTraceId', message: 'the trace id "jenkins-42" is not hex at offset 12' },
    ],
    ledger: { entries: 1_204, segments: 2 },
  },
);

const refused = source(
  'orders',
  { scan: { interval: '5m', include: ['**/monocle_trace_*'], exclude: ['**/tmp/**'] } },
  {
    conditions: [
      condition('Ready', 'False', 'AccessDenied', 'not allowed to s3:ListBucket on s3://acme-traces/agents/prod/'),
      condition('Stalled', 'True', 'AccessDenied', 'not allowed to s3:ListBucket on s3://acme-traces/agents/prod/'),
      condition('StoreReady', 'False', 'AccessDenied', 'not allowed to s3:ListBucket on s3://acme-traces/agents/prod/'),
    ],
  },
);

const fresh = source('unseen', {}, { observedGeneration: -1, location: '' });

const minutely = Array.from({ length: 60 }, (_, i) =>
  record(`agents/prod/${i}.json`, { state: 'Completed', attempts: 1, retries: 0, completionTime: secondsAgo(i) }),
);

async function screen(sources: readonly Source[], columns: number, wide = false, world: World = {}): Promise<string> {
  const { cluster, out } = toldCluster({ sources, files: minutely }, { env: { COLUMNS: String(columns) }, ...world });
  expect(await status(cluster, [], { watch: false, ...(wide && { output: 'wide' }) })).toBe(0);
  return out();
}

describe('a page about each source', () => {
  test.each([80, 140])('at %d columns', async (columns) => {
    await expect(await screen([flowing, refused, fresh], columns)).toMatchFileSnapshot(`../../../fixtures/screens/status.${columns}.txt`);
  });

  test('in full, with what the spec says', async () => {
    await expect(await screen([flowing, refused], 100, true)).toMatchFileSnapshot('../../../fixtures/screens/status.wide.txt');
  });

  test('fits every width, and holds nothing that a terminal would obey', async () => {
    for (const columns of [30, 47, 64, 99, 200]) {
      const text = await screen([flowing, refused, fresh], columns);
      for (const line of text.split('\n')) expect(width(line), line).toBeLessThanOrEqual(columns);
      expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
    }
  });

  test('has colours on a terminal alone', async () => {
    const coloured = await screen([flowing], 80, false, { terminal: true, columns: 80, env: {} });
    expect(coloured).toContain('\x1b[32m');
    expect(coloured.replace(/\x1b\[\d+m/g, '')).toBe(await screen([flowing], 80));
  });

  test('and a word about what to do where there is none', async () => {
    expect(await screen([], 80)).toBe('There is no source in namespace ml-platform. `spanferry create LOCATION` makes one.\n');
  });
});

describe('watched', () => {
  /** The first page of a session that ends when it would sleep. */
  async function firstPage(rows: number): Promise<readonly string[]> {
    const ended = new Error('Ctrl-C');
    const clock = { now: () => now, monotonic: () => 0, sleep: () => Promise.reject(ended) };
    const { cluster, out } = toldCluster({ sources: [flowing, refused], files: minutely }, { terminal: true, columns: 80, rows, clock });
    await expect(status(cluster, [], { watch: true })).rejects.toBe(ended);
    return out()
      .replace(/\x1b\[[0-9;]*[A-Za-z]/g, '')
      .trimEnd()
      .split('\n');
  }

  test('it is as high as the window at most, so that it redraws in place', async () => {
    const lines = await firstPage(12);
    expect(lines).toHaveLength(11);
    expect(lines.at(-1)).toMatch(/^… \d+ more lines: make the window higher, or name a source$/);
    expect((await firstPage(200)).join('\n')).not.toContain('more lines');
  });

  test('pages are drawn, not objects', async () => {
    const { cluster } = toldCluster({ sources: [flowing] });
    await expect(status(cluster, [], { watch: true, output: 'json' })).rejects.toThrow(
      '--watch draws pages; `kubectl get isrc -w -o json` follows objects',
    );
  });
});

describe('for programs', () => {
  test.each(['json', 'yaml', 'name'] as const)('%s', async (output) => {
    const { cluster, out } = toldCluster({ sources: [flowing, fresh] });
    await status(cluster, [], { watch: false, output });
    if (output === 'name') expect(out()).toBe('ingestionsource.spanferry.io/checkout-agents\ningestionsource.spanferry.io/unseen\n');
    if (output === 'json')
      expect(JSON.parse(out())).toMatchObject({ kind: 'List', items: [{ metadata: { name: 'checkout-agents' } }, {}] });
    if (output === 'yaml') expect(out()).toContain('  - apiVersion: spanferry.io/v1alpha1\n    kind: IngestionSource\n');
    expect(out()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  test('one source is an object of its own', async () => {
    const { cluster, out } = toldCluster({ sources: [flowing] });
    await status(cluster, ['checkout-agents'], { watch: false, output: 'json' });
    expect(JSON.parse(out())).toMatchObject({ kind: 'IngestionSource', status: { files: { completed: 1_201 } } });
  });
});

describe('files a second', () => {
  const finished = (seconds: readonly number[]) =>
    seconds.map((each) => record('a.json', { state: 'Completed', completionTime: secondsAgo(each) }));
  test.each([
    ['are those that were finished lately, over the time they took', [10, 8, 6, 4, 2], 0.5],
    ['are not told from a few', [4, 3, 2, 1], undefined],
    ['nor from what is long over', [400, 399, 398, 397, 396], undefined],
    ['and a burst is over a second at least', [0, 0, 0, 0, 0, 0], 6],
  ])('%s', (_sentence, seconds, expected) => {
    expect(rateOf(finished(seconds), now)).toBe(expected);
  });
});

import { describe, expect, test } from 'vitest';
import { type FilesOptions, files } from '../../../../src/cli/cluster/files.ts';
import { pack, record, secondsAgo, source, toldCluster } from '../../../support/cli/cluster.ts';

const done = { state: 'Completed', attempts: 1, retries: 0 };
const records = [
  record(
    'agents/prod/2026/11/20/run-1.json',
    { ...done, spans: 12, completionTime: secondsAgo(30) },
    { size: 8_100, worker: 'spanferry-7d9f-x2x4p' },
  ),
  record(
    'agents/prod/2026/11/20/run-2.json',
    { ...done, spans: 1_204, rejectedSpans: 3, retries: 1, completionTime: secondsAgo(90) },
    { size: 1_204_000 },
  ),
  record('agents/prod/2026/11/19/broken.json', {
    state: 'Failed',
    reason: 'InvalidJSON',
    message: 'unexpected "}" at offset 1810',
    attempts: 1,
    retries: 0,
    completionTime: secondsAgo(86_400),
  }),
  record('agents/prod/\u001b]0;owned\u0007空.json', { state: 'Processing', attempts: 1, retries: 0, startTime: secondsAgo(4) }),
  record('agents/prod/waits.json', { state: 'Pending', reason: 'DestinationUnavailable', attempts: 2, retries: 0 }),
];
const sources = [source('checkout-agents', {}, { ledger: { entries: 12_345, segments: 3 } })];

async function shown(options: Partial<FilesOptions> = {}, columns?: number): Promise<string> {
  const { cluster, out } = toldCluster({ sources, files: records }, columns === undefined ? {} : { env: { COLUMNS: String(columns) } });
  expect(await files(cluster, 'checkout-agents', { sort: 'time', ...options })).toBe(0);
  return out();
}

const keys = (text: string): readonly string[] => (JSON.parse(text) as { key: string }[]).map(({ key }) => key.split('/').at(-1) ?? '');

describe('the files of a source', () => {
  test.each([80, 140])('at %d columns', async (columns) => {
    await expect(await shown({}, columns)).toMatchFileSnapshot(`../../../fixtures/screens/files.${columns}.txt`);
  });

  test('with all that is known of them', async () => {
    await expect(await shown({ output: 'wide' })).toMatchFileSnapshot('../../../fixtures/screens/files.wide.txt');
  });

  test('are not cut in a pipe, and hold nothing that a terminal would obey', async () => {
    expect(await shown()).toContain('agents/prod/2026/11/20/run-1.json\n');
    expect(await shown()).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  });

  test.each<[sentence: string, options: Partial<FilesOptions>, expected: readonly string[]]>([
    ['in a state, written in any case', { state: ['failed'] }, ['broken.json']],
    ['in one of several', { state: ['Failed', 'Pending'], sort: 'key' }, ['broken.json', 'waits.json']],
    ['with a reason', { reason: ['invalidjson'] }, ['broken.json']],
    ['by a glob on the whole key', { key: '**/2026/**', sort: 'key' }, ['broken.json', 'run-1.json', 'run-2.json']],
    ['of the last minute', { since: '60s', sort: 'key' }, ['\u001b]0;owned\u0007空.json', 'run-1.json']],
    ['the largest first', { sort: 'size', state: ['Completed'] }, ['run-2.json', 'run-1.json']],
    ['the most spans first', { sort: 'spans', state: ['Completed'] }, ['run-2.json', 'run-1.json']],
    ['the worst first', { sort: 'state', state: ['Failed', 'Completed'] }, ['broken.json', 'run-1.json', 'run-2.json']],
  ])('%s', async (_sentence, options, expected) => {
    expect(keys(await shown({ ...options, output: 'json' }))).toEqual(expected);
  });

  test.each([
    [5, false],
    [6, true],
  ])('that are kept all, of %d in the ledger, are not said to be gone, whatever is shown of them: %s', async (entries, isSaid) => {
    const known = source('checkout-agents', {}, { ledger: { entries, segments: 1 } });
    const { cluster, out } = toldCluster({ sources: [known], files: records });
    await files(cluster, 'checkout-agents', { sort: 'time', state: ['Failed'] });
    expect(out().includes('records of older ones are gone')).toBe(isSaid);
  });

  test('of a trace platform are slices, of whose size nobody knows', async () => {
    const platform = source('checkout-agents', { store: { xray: { region: 'us-east-1' } } });
    const { cluster, out } = toldCluster({ sources: [platform], files: records.slice(0, 1) });
    await files(cluster, 'checkout-agents', { sort: 'time' });
    expect(out()).not.toContain('SIZE');
    expect(out()).toMatch(/\n1 slice: 1 completed; 12 spans\n$/);
  });

  test('of a pack are shown one by one, each with what became of it', async () => {
    const packed = pack(4, {
      ...done,
      reason: 'Truncated',
      message: '1 of 4 files go on alone; 1 of 4 files could not be read any more',
      files: 2,
      spans: 30,
      rejectedSpans: 2,
      completionTime: secondsAgo(10),
      packSpans: [12, 0, 18, 0],
      returned: [{ index: 1, reason: 'Truncated', message: 'the file ends in the middle' }],
      unread: [{ index: 3, reason: 'Deleted', message: 'it was deleted' }],
    });
    const { cluster, out } = toldCluster({ sources, files: [packed] }, { env: { COLUMNS: '80' } });
    await files(cluster, 'checkout-agents', { sort: 'key' });
    expect(
      out()
        .split('\n')
        .map((line) => line.replace(/ +/g, ' ')),
    ).toEqual([
      'STATE SPANS SIZE WHEN REASON KEY',
      'Completed 12 1.0 kB 10 s agents/prod/run-0.json',
      'Completed 18 1.0 kB 10 s agents/prod/run-2.json',
      'Failed 0 1.0 kB 10 s Deleted agents/prod/run-3.json',
      '3 files: 1 failed, 2 completed; 30 spans, 2 rejected, 3.0 kB; the ledger',
      'remembers 12,345 files, records of older ones are gone',
      '',
    ]);
  });

  test('are not said to be gone where only a filter hides them', async () => {
    const all = [source('checkout-agents', {}, { ledger: { entries: 3, segments: 1 } })];
    const { cluster, out } = toldCluster({ sources: all, files: records });
    await files(cluster, 'checkout-agents', { sort: 'time', state: ['Failed'] });
    expect(out()).toMatch(/\n1 file: 1 failed; 0 spans, 4\.3 kB\n$/);
  });

  test('a state that there is not is told', async () => {
    await expect(shown({ state: ['Done'] })).rejects.toThrow('there is no state Done: it is Pending, Processing, Completed, Failed');
  });

  test('row 38: for programs each has key, size, error, spans, retries, and when it was made and processed', async () => {
    expect(JSON.parse(await shown({ output: 'json', state: ['Failed'] }))).toEqual([
      expect.objectContaining({
        key: 'agents/prod/2026/11/19/broken.json',
        size: 4_300,
        reason: 'InvalidJSON',
        message: 'unexpected "}" at offset 1810',
        spans: null,
        retries: 0,
        createdTime: secondsAgo(3_600),
        completionTime: secondsAgo(86_400),
      }),
    ]);
  });
});

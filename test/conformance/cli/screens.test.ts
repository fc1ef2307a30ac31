import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { test as testCommand } from '../../../src/cli/cluster/test.ts';
import { wait } from '../../../src/cli/cluster/wait.ts';
import { ls } from '../../../src/cli/objects/ls.ts';
import { preview } from '../../../src/cli/objects/preview.ts';
import { viewObject } from '../../../src/cli/objects/view.ts';
import { why } from '../../../src/cli/objects/why.ts';
import { width } from '../../../src/cli/terminal/width.ts';
import type { Source } from '../../../src/kube/ownkinds.ts';
import { now, record, secondsAgo, source, toldCluster } from '../../support/cli/cluster.ts';
import { type S3Server, startS3Server } from '../../support/s3-server/server.ts';

const HOUR = 3_600_000;
const agent = readFileSync(new URL('../../fixtures/views/langgraph-agent.json', import.meta.url));

let s3: S3Server;
let keys: Readonly<Record<string, string>>;
beforeAll(async () => {
  s3 = await startS3Server();
  const { accessKeyId, secretAccessKey } = s3.identities.addUser('reader').credential;
  keys = { accessKeyId, secretAccessKey };
  s3.createBucket('acme-traces');
  const put = (name: string, body: string | Uint8Array, hoursAgo: number) =>
    s3.put('acme-traces', `agents/prod/${name}`, body, { modifiedTime: now - hoursAgo * HOUR });
  put('2026/11/19/run-1.json', agent, 30);
  put('agent.json', agent, 3);
  put('broken.json', '{"resourceSpans": [}', 2);
  put('monocle_trace_of_the_support_agent_that_answers_in_the_night_2026-11-20_04.12.33_4711.json', agent, 1);
  put('notes about the \u001b[31mrun.txt', 'x', 50);
  put('空の追跡.json', agent, 5);
});
afterAll(() => s3.close());

/** The source as it stands in the cluster, with its records. */
const shop = (more: object = {}): Source =>
  source(
    'checkout-agents',
    {
      store: {
        s3: {
          bucket: 'acme-traces',
          prefix: 'agents/prod/',
          region: s3.region,
          endpoint: s3.endpoint,
          forcePathStyle: true,
          auth: { type: 'AccessKey', accessKeySecretRef: { name: 's3-keys' } },
        },
      },
    },
    more,
  );

const versionOf = (body: string | Uint8Array): string => createHash('md5').update(body).digest('hex');

type Run = (cluster: ReturnType<typeof toldCluster>['cluster']) => Promise<number>;

async function screen(columns: number, run: Run, status: object = {}): Promise<string> {
  const done = { state: 'Completed', attempts: 1, retries: 0, spans: 9, completionTime: secondsAgo(3 * 3_600 - 60) };
  const failed = {
    state: 'Failed',
    attempts: 1,
    retries: 0,
    reason: 'InvalidJSON',
    message: 'unexpected "}" where a value of the list resourceSpans should begin, at offset 19',
    completionTime: secondsAgo(2 * 3_600 - 60),
  };
  const files = [
    record('agents/prod/agent.json', done, { version: versionOf(agent) }),
    record('agents/prod/broken.json', failed, { version: versionOf('{"resourceSpans": [}') }),
  ];
  const { cluster, out, err } = toldCluster(
    { sources: [shop(status)], files, secrets: { 's3-keys': keys } },
    { env: { COLUMNS: String(columns) } },
  );
  await run(cluster);
  const text = `${out()}${err()}`.replaceAll(s3.endpoint, 'https://s3.internal:9000');
  expect(text).not.toMatch(/[\x00-\x09\x0b-\x1f\x7f-\x9f]/);
  return text;
}

const tested = (lastTest: object) => ({ lastTest: { token: 't', time: secondsAgo(1), ...lastTest } });
const view = { format: 'Auto', full: false, limit: 20 } as const;

const screens: readonly [name: string, run: Run, status?: object][] = [
  ['ls', (cluster) => ls(cluster, 'checkout-agents', undefined, { recursive: false })],
  ['ls-recursive', (cluster) => ls(cluster, 'checkout-agents', undefined, { recursive: true })],
  ['why-done', (cluster) => why(cluster, 'checkout-agents', 'agent.json', {})],
  ['why-failed', (cluster) => why(cluster, 'checkout-agents', 'broken.json', {})],
  ['why-new', (cluster) => why(cluster, 'checkout-agents', '空の追跡.json', {})],
  [
    'preview',
    (cluster) => {
      const { metadata, spec } = shop();
      const credential = { spec: spec.store, secrets: { 's3-keys': keys }, isOwnLogin: false };
      return preview(
        { ref: metadata, spec, credential, isDone: ({ key }) => key.endsWith('agent.json') },
        { files: 3, timeout: '30s' },
        cluster.io,
      );
    },
  ],
  ['view-object', (cluster) => viewObject(cluster, 'checkout-agents', 'agent.json', view)],
  [
    'test-well',
    (cluster) => testCommand(cluster, ['checkout-agents'], { timeout: '1s' }),
    tested({
      ok: true,
      filesFound: 3_396,
      message: '3,396 files match; the store knows us as arn:aws:sts::123456789012:assumed-role/spanferry/ml-platform-checkout-agents',
    }),
  ],
  [
    'test-refused',
    (cluster) => testCommand(cluster, ['checkout-agents'], { timeout: '1s' }),
    tested({
      ok: false,
      reason: 'AccessDenied',
      message:
        'arn:aws:sts::123456789012:assumed-role/spanferry/ml-platform is not allowed to s3:ListBucket on s3://acme-traces/agents/prod/',
    }),
  ],
  [
    'wait',
    (cluster) => wait(cluster, 'checkout-agents', { for: 'scanned', timeout: '1s' }),
    {
      lastScan: { startTime: secondsAgo(1), completionTime: secondsAgo(1), listed: 3_402, matched: 3_396, new: 4 },
      files: { pending: 4, processing: 8, completed: 1_201, failed: 3, backlog: 2_180 },
    },
  ],
];

test('of sources of all namespaces each is told with its own', async () => {
  const all = { all: true, allNamespaces: true, timeout: '1s' };
  const text = await screen(140, (cluster) => testCommand(cluster, [], all), tested({ ok: true, filesFound: 3 }));
  expect(text).toMatch(/^✓ ml-platform\/checkout-agents: .*\n {4}3 files match\n$/);
});

test.each(['json', 'yaml'] as const)('ls is one document of %s, whatever its length', async (output) => {
  const text = await screen(80, (cluster) => ls(cluster, 'checkout-agents', undefined, { recursive: true, output }));
  const rows = output === 'json' ? JSON.parse(text) : parse(text);
  expect(rows.map(({ key, state }: { key: string; state: string }) => `${state} ${key.slice(12)}`).slice(0, 3)).toEqual([
    'New 2026/11/19/run-1.json',
    'Completed agent.json',
    'Failed broken.json',
  ]);
  const nothing = await screen(80, (cluster) => ls(cluster, 'checkout-agents', 'none/', { recursive: true, output }));
  expect(nothing).toBe('[]\n');
});

describe.each(screens)('the screen of %s', (name, run, status) => {
  test.each([80, 140])('at %d columns', async (columns) => {
    const text = await screen(columns, run, status);
    // A line about a file that was read is whole, for grep.
    for (const line of text.split('\n').filter((each) => !/^[✓✗!] agents\//.test(each)))
      expect(width(line), line).toBeLessThanOrEqual(columns);
    await expect(text).toMatchFileSnapshot(`../../fixtures/screens/${name}.${columns}.txt`);
  });
});

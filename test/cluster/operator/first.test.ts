import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
});
afterAll(() => scene.close());

test('apply a source, and every span in the bucket reaches the collector', async () => {
  const files = [agentFile(2), agentFile(1)];
  files.forEach(({ text }, n) => {
    scene.put(`checkout/${n}.json`, text);
  });
  const replica = await scene.start();
  await scene.source('checkout');
  await scene.delivered(files.flatMap(({ ids }) => ids));
  const { status } = await scene.settled('checkout', { completed: 2 });
  expect(status.totals).toMatchObject({ files: 2, spans: 3, rejectedSpans: 0, retries: 0 });
  const asked = performance.now();
  expect(await replica.stop()).toBe(0);
  expect(performance.now() - asked, 'nothing keeps an idle process alive').toBeLessThan(5_000);
});

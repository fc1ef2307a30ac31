import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scenes: readonly [Stage, Stage, Stage];
beforeAll(async () => {
  scenes = [await stage(), await stage(), await stage()];
});
afterAll(async () => void (await Promise.all(scenes.map((scene) => scene.close()))));

test('told two namespaces, it ferries the files of both, and leaves a third alone', async () => {
  const [here, there, elsewhere] = scenes;
  const files = scenes.map(() => agentFile(2));
  for (const [at, scene] of scenes.entries()) {
    scene.put('checkout/a.json', files[at]?.text ?? '');
    // One collector for all three: whatever arrives is seen.
    await scene.source('checkout', { destination: { endpoint: here.collector.url } });
  }
  const replica = await here.start(['--namespaces', `${here.namespace},${there.namespace}`]);
  await here.delivered([files[0], files[1]].flatMap((file) => file?.ids ?? []));
  await Promise.all([here, there].map((scene) => scene.settled('checkout', { completed: 1 })));

  // Both are asked again after their first scans: whoever looked at all namespaces would have come to the third by now.
  await there.ask('ingestionsources', 'checkout', 'scan', 'again');
  await there.condition('checkout', 'Ready', { status: 'True' });
  expect((await elsewhere.get('checkout')).status.observedGeneration).toBe(-1);
  expect(await elsewhere.files()).toEqual([]);
  expect(files[2]?.ids.filter((id) => here.collector.taken.has(id))).toEqual([]);
  expect(await replica.stop()).toBe(0);
});

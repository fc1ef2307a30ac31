import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually, type Stage, stage } from '../../support/stage.ts';

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
});
afterAll(() => scene.close());

const span = (id: string) => ({
  traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  spanId: id,
  name: 'agent_invocation',
  kind: 1,
  startTimeUnixNano: '1744200000000000000',
  endTimeUnixNano: '1744200005500000000',
});
const otlp = (...ids: readonly string[]) =>
  JSON.stringify({
    resourceSpans: [
      { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }] }, scopeSpans: [{ spans: ids.map(span) }] },
    ],
  });

describe('the whole way', () => {
  test('apply a source, and every span in the bucket reaches the collector', async () => {
    scene.s3.put(scene.bucket, 'agents/a.json', otlp('00f067aa0ba902b7', '00f067aa0ba902b8'));
    scene.s3.put(scene.bucket, 'agents/b.json', otlp('00f067aa0ba902b9'));
    const replica = await scene.start();
    await scene.source('checkout');
    await eventually(
      () => scene.collector.taken.size,
      (size) => size === 3,
    );
    const source = await eventually(
      () => scene.get('checkout'),
      ({ status }) => status.files?.completed === 2,
    );
    expect(source.status.totals).toMatchObject({ spans: 3 });
    expect(await replica.stop()).toBe(0);
  });
});

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

describe('a worker', () => {
  test('ferries a file that is bound to it, and writes the verdict on its record', async () => {
    scene.s3.put(scene.bucket, 'agents/a.json', otlp('00f067aa0ba902b7', '00f067aa0ba902b8'));
    await scene.source('checkout');
    const replica = await scene.start(['--role', 'worker']);
    const source = await scene.get('checkout');
    const leases = await eventually(
      () => scene.kubectl('get', 'leases', '-o', 'name'),
      (names) => names.includes('replica'),
    );
    const worker = leases.trim().split('/')[1] ?? '';
    await scene.apply({
      apiVersion: 'spanferry.io/v1alpha1',
      kind: 'IngestionFile',
      metadata: {
        name: 'checkout-a',
        ownerReferences: [{ apiVersion: 'spanferry.io/v1alpha1', kind: 'IngestionSource', name: 'checkout', uid: source.metadata.uid }],
      },
      spec: { sourceRef: { name: 'checkout' }, key: 'agents/a.json', version: 'x', size: 1, modifiedTime: '2026-11-20T10:00:00Z', worker },
    });
    const [record] = await eventually(
      () => scene.files(),
      ([file]) => file?.status.state === 'Completed' || file?.status.state === 'Failed',
    ).catch((error) => {
      console.log(replica.text());
      throw error;
    });
    console.log(JSON.stringify(record?.status), replica.text());
    expect(record?.status.reason).toBe('Superseded');
    expect(await replica.stop()).toBe(0);
  });
});

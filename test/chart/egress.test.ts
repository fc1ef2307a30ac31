import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { eventually } from '../support/eventually.ts';
import { helmProgram, type Rendered, render } from '../support/helm.ts';
import { type Stage, stage } from '../support/stage.ts';
import { agentFile } from '../support/traces/agent.ts';

type Policy = Rendered & {
  readonly spec: {
    readonly policyTypes: readonly string[];
    readonly podSelector: { readonly matchLabels: Readonly<Record<string, string>> };
    readonly egress: readonly { readonly ports: readonly { readonly port: number; readonly protocol: string }[] }[];
  };
};

describe('row 43: egress only to store, collector, API server and DNS', () => {
  let scene: Stage;
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'spanferry-egress-'));
    scene = await stage();
  });
  afterAll(async () => {
    await scene.close();
    await rm(folder, { recursive: true, force: true });
  });

  test('the process connects to nobody else in its life, from its start with the default identity chain to its end', async () => {
    const file = join(folder, 'connections');
    const program = (name: string) => resolve(`test/support/programs/${name}.ts`);
    const good = agentFile(2);
    scene.put('checkout/a.json', good.text);
    scene.put('checkout/broken.json', '{"resourceSpans": [');
    const replica = await scene.start([], { CONNECTIONS_FILE: file }, ['--import', program('connections'), program('operator')]);
    await scene.source('checkout', { retry: { maxRetries: 0 } });
    await scene.delivered(good.ids);
    await scene.ask('ingestionsources', 'checkout', 'test', 'now');
    await eventually(
      () => scene.get('checkout'),
      ({ status }) => status.lastTest?.ok === true && status.files?.completed === 1,
    );
    expect(await replica.stop()).toBe(0);
    const allowed = [scene.s3.endpoint, scene.collector.url, inject('envtest').server].map((url) => new URL(url).host);
    const reached = new Set((await readFile(file, 'utf8')).trim().split('\n'));
    expect([...reached].sort()).toEqual([...allowed].sort());
  });

  test.skipIf(!helmProgram)(
    'the NetworkPolicy of the chart lets out DNS, HTTPS, the API server and the port of the collector, and nothing else',
    async () => {
      const values = {
        collector: { endpoint: 'http://collector.observability:14318' },
        networkPolicy: { enabled: true },
        sources: [
          {
            name: 'minio',
            spec: { store: { s3: { bucket: 'traces', endpoint: 'https://minio.storage:9000' } }, destination: { endpoint: 'http://otel' } },
          },
          { name: 'aws', spec: { store: { s3: { bucket: 'acme-traces' } } } },
        ],
      };
      const objects = await render(values);
      const policy = objects.find((object): object is Policy => object.kind === 'NetworkPolicy');
      expect(policy?.spec.policyTypes).toEqual(['Ingress', 'Egress']);
      expect(policy?.spec.egress.flatMap(({ ports }) => ports.map(({ port, protocol }) => `${protocol} ${port}`))).toEqual([
        'UDP 53',
        'TCP 53',
        'TCP 443',
        'TCP 6443',
        'TCP 4318',
        'TCP 14318',
        'TCP 80',
        'TCP 9000',
      ]);
    },
  );
});

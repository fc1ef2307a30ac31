/** What three API writes cost our client and nothing but our client: a record is created, gets its verdict, and is deleted. */
import { readFileSync } from 'node:fs';
import { kubeClient } from '../../test/support/kube-client.ts';

export type BareWrites = { readonly cpuMs: number; readonly perSecond: number };

const RECORDS = 2_000;
const WARM = 500;
const PARALLEL = 32;

const { files, transport } = kubeClient(readFileSync(0, 'utf8'));
let next = 0;

async function threeWrites(n: number): Promise<void> {
  const made = await files.create({
    metadata: { namespace: 'default', name: `bare-${n}` },
    spec: {
      sourceRef: { name: 'bare' },
      key: `bare/run-${n}.json`,
      version: '5f4dcc3b5aa765d61d8327deb882cf99',
      size: 4_096,
      modifiedTime: '2026-11-20T10:00:00Z',
      worker: 'spanferry-7c9d4b8f6d-x2k4q',
    },
  });
  const time = '2026-11-20T10:00:01Z';
  const status = {
    state: 'Completed',
    attempts: 1,
    retries: 0,
    spans: 9,
    rejectedSpans: 0,
    bytes: 4_096,
    requests: 1,
    startTime: time,
  } as const;
  const done = await files.updateStatus({ ...made, status: { ...status, completionTime: time, services: ['checkout-agent'] } });
  await files.delete(done.metadata, { uid: done.metadata.uid, resourceVersion: done.metadata.resourceVersion });
}

async function run(until: number): Promise<void> {
  const loop = async () => {
    while (next < until) await threeWrites(next++);
  };
  await Promise.all(Array.from({ length: PARALLEL }, loop));
}

await run(WARM);
const [cpu, started] = [process.cpuUsage(), performance.now()];
await run(WARM + RECORDS);
const { user, system } = process.cpuUsage(cpu);
console.log(
  JSON.stringify({
    cpuMs: (user + system) / 1_000 / RECORDS,
    perSecond: RECORDS / ((performance.now() - started) / 1_000),
  } satisfies BareWrites),
);
await transport.close();

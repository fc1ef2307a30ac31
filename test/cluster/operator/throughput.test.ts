import { afterAll, beforeAll, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

const FILES = 500;

let scene: Stage;
let replica: Replica;
beforeAll(async () => {
  scene = await stage();
  replica = await scene.start();
});
afterAll(() => scene.close());

test('rows 10 and 65: 500 small files of as many agent runs arrive once each, with nothing but list and get at the store', async () => {
  const files = Array.from({ length: FILES }, (_, n) => agentFile(3, `agent-${n % 7}`));
  files.forEach(({ text }, n) => {
    scene.put(`runs/2026/11/${String((n % 20) + 1).padStart(2, '0')}/run-${n}.json`, text);
  });
  const startedAt = performance.now();
  await scene.source('runs', { history: { completed: 50 } });
  const ids = files.flatMap((file) => file.ids);
  await eventually(
    () => ids.filter((id) => !scene.collector.taken.has(id)).length,
    (missing) => missing === 0,
    45_000,
  );
  console.log(`${FILES} files end to end in ${Math.round(performance.now() - startedAt)} ms`);
  const { status } = await scene.settled('runs', { completed: FILES });
  expect(status.totals).toMatchObject({ files: FILES, spans: ids.length, rejectedSpans: 0, retries: 0 });
  expect(new Set(ids.map((id) => scene.collector.taken.get(id)))).toEqual(new Set([1]));
  await eventually(
    () => scene.files('runs'),
    // A pack is kept whole.
    (records) => records.length === 1,
  );
  const calls = new Set(scene.s3.operations.map(({ name }) => name));
  expect([...calls].sort()).toEqual(['GetCallerIdentity', 'GetObject', 'ListObjectsV2'].filter((name) => calls.has(name)));

  const metrics = await (await fetch(`${replica.url}/metrics`)).text();
  const labels = `namespace="${scene.namespace}",source="runs"`;
  expect(metrics).toContain(`spanferry_files_total{${labels},state="Completed",reason=""} ${FILES}`);
  expect(metrics).toContain(`spanferry_spans_total{${labels}} ${ids.length}`);
  expect(metrics).toContain(`spanferry_source_ready{${labels}} 1`);
  expect(metrics).toContain(`spanferry_ledger_entries{${labels}} ${FILES}`);
  expect(metrics, 'labels are of sources, never of files').not.toContain('run-1');
});

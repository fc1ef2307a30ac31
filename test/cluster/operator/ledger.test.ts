import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { kstatus } from '../../support/kstatus.ts';
import type { Replica } from '../../support/replica.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { type AgentFile, agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
let replica: Replica;
beforeAll(async () => {
  scene = await stage();
  replica = await scene.start();
});
afterAll(() => scene.close());

const times = (files: readonly AgentFile[]) => [
  ...new Set(files.flatMap(({ ids }) => ids.map((id) => scene.collector.taken.get(id) ?? 0))),
];

async function ferried(source: string, count: number): Promise<readonly AgentFile[]> {
  const files = Array.from({ length: count }, () => agentFile(1));
  files.forEach(({ text }, n) => {
    scene.put(`${source}/${n}.json`, text);
  });
  await scene.source(source);
  await scene.settled(source, { completed: count });
  return files;
}

describe('the memory of what is done', () => {
  test('is kept in IngestionLedger objects, whose numbers are those of the status', async () => {
    await ferried('memory', 4);
    const [head, ...more] = await scene.ledgers('memory');
    expect(more).toEqual([]);
    expect(head?.spec).toMatchObject({ number: 0, open: true, entries: 4, failures: 0, head: { completed: 4, failed: 0 } });
    expect(head?.metadata.ownerReferences).toBeUndefined();
    expect((await scene.get('memory')).status.ledger).toEqual({ entries: 4, segments: 1 });
  });

  test('outlives its source: made anew under the same name, nothing is ingested twice', async () => {
    const files = await ferried('reborn', 3);
    await scene.remove('ingestionsources', 'reborn');
    for (const { metadata } of await scene.files('reborn')) await scene.remove('ingestionfiles', metadata.name);
    const late = agentFile(1);
    scene.put('reborn/late.json', late.text);
    await scene.source('reborn');
    await scene.delivered(late.ids);
    const { status } = await scene.settled('reborn', { completed: 4 });
    expect(status.totals).toMatchObject({ files: 4, spans: 4 });
    expect(times(files)).toEqual([1]);
  });

  test('is what a restart goes on with: nothing is lost, nothing comes twice', async () => {
    const files = await ferried('restarted', 5);
    expect(await replica.stop()).toBe(0);
    const later = agentFile(1);
    scene.put('restarted/later.json', later.text);
    replica = await scene.start();
    await scene.delivered(later.ids);
    await scene.settled('restarted', { completed: 6 });
    expect(times(files)).toEqual([1]);
  });

  test('with a hole in it stops the source, until somebody accepts that files may come again', async () => {
    const files = await ferried('holed', 3);
    expect(await replica.stop()).toBe(0);
    const [segment] = await scene.ledgers('holed');
    await scene.remove('ingestionledgers', segment?.metadata.name ?? '');
    for (const { metadata } of await scene.files('holed')) await scene.remove('ingestionfiles', metadata.name);
    replica = await scene.start();
    const stalled = await scene.condition('holed', 'Stalled', { status: 'True', reason: 'LedgerIncomplete' });
    expect(kstatus(stalled)).toBe('Failed');
    expect(stalled.status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/segment 0 of 1 is missing.*accept-ledger/);
    await eventually(
      () => scene.events('holed'),
      (events) => events.some(({ type, reason }) => type === 'Warning' && reason === 'LedgerIncomplete'),
    );
    expect(times(files), 'never a silent fresh start').toEqual([1]);

    await scene.ask('ingestionsources', 'holed', 'acceptLedger', 'lost-in-a-fire');
    await eventually(
      () => scene.get('holed'),
      ({ status }) => status.handled?.acceptLedger === 'lost-in-a-fire',
    );
    await eventually(
      () => times(files),
      (seen) => seen.join() === '2',
    );
    await scene.settled('holed', { completed: 3 });
    await scene.condition('holed', 'Stalled', 'absent');
  });

  test('is asked, not believed to be empty, when all of it is deleted under a running operator', async () => {
    const files = await ferried('shot', 2);
    const [segment] = await scene.ledgers('shot');
    await scene.remove('ingestionledgers', segment?.metadata.name ?? '');
    scene.put('shot/next.json', agentFile(1).text);
    await scene.ask('ingestionsources', 'shot', 'scan', 'now');
    await scene.condition('shot', 'Stalled', { status: 'True', reason: 'LedgerIncomplete' });
    expect(times(files)).toEqual([1]);
  });

  test('in a codec that this version does not know stops the source', async () => {
    const files = await ferried('newer', 1);
    expect(await replica.stop()).toBe(0);
    const [segment] = await scene.ledgers('newer');
    await scene.kubectl('patch', 'ingestionledger', segment?.metadata.name ?? '', '--type=merge', '-p', '{"spec":{"codec":"v99"}}');
    replica = await scene.start();
    const { status } = await scene.condition('newer', 'Stalled', { status: 'True', reason: 'LedgerIncomplete' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(/v99/);
    expect(times(files)).toEqual([1]);
  });
});

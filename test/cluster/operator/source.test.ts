import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Fault, faults } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import { kstatus } from '../../support/kstatus.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
/** What goes wrong at the path that a source has to itself. */
const trouble = new Map<string, Fault>();
beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => trouble.get(asked.path)?.(asked));
  await scene.start();
});
afterAll(() => scene.close());

const pathOf = (source: string) => `/${source}/v1/traces`;
const destination = (source: string) => ({ destination: { endpoint: `${scene.collector.url}/${source}` } });
const conditionsOf = async (name: string) =>
  Object.fromEntries(((await scene.get(name)).status.conditions ?? []).map(({ type, status, reason }) => [type, `${status} ${reason}`]));

describe.concurrent('a source from its first day to its last', () => {
  test('kstatus agrees at each step: InProgress, Current, InProgress in an outage, Current, Failed where somebody must act, Current', async () => {
    const [one, two] = [agentFile(), agentFile()];
    scene.put('life/a.json', one.text);
    await scene.source('life', destination('life'));
    const seen = await scene.settled('life', { completed: 1 });
    expect(kstatus(seen)).toBe('Current');
    expect(seen.status.observedGeneration).toBe(seen.metadata.generation);
    const flowing = { Ready: 'True Flowing', StoreReady: 'True Reachable', DestinationReady: 'True Reachable' };
    expect(await conditionsOf('life')).toEqual(flowing);

    trouble.set(pathOf('life'), faults.status(503, 'restarting', { 'retry-after': '1' }));
    scene.put('life/b.json', two.text);
    await scene.ask('ingestionsources', 'life', 'scan', 'outage');
    const down = await scene.condition('life', 'DestinationReady', { status: 'False', reason: 'DestinationUnavailable' });
    expect(kstatus(down)).toBe('InProgress');
    expect(await conditionsOf('life')).toMatchObject({
      Ready: 'False DestinationUnavailable',
      Reconciling: 'True DestinationUnavailable',
      StoreReady: 'True Reachable',
    });

    trouble.delete(pathOf('life'));
    await scene.delivered(two.ids);
    expect(kstatus(await scene.settled('life', { completed: 2 }))).toBe('Current');
    await eventually(
      () => conditionsOf('life'),
      (now) => JSON.stringify(Object.entries(now).sort()) === JSON.stringify(Object.entries(flowing).sort()),
    );

    await scene.edit('life', { destination: { headersSecretRef: { name: 'no-such-secret' } } });
    const stalled = await scene.condition('life', 'Stalled', { status: 'True', reason: 'CredentialError' });
    expect(kstatus(stalled)).toBe('Failed');

    await scene.edit('life', { destination: { headersSecretRef: null } });
    const { metadata } = await scene.condition('life', 'Ready', { status: 'True' });
    const well = await scene.condition('life', 'Stalled', 'absent');
    expect(well.status.observedGeneration).toBe(metadata.generation);
    expect(kstatus(well)).toBe('Current');
  });

  test('rows 35 and 39: kubectl shows how it is going', async () => {
    for (const name of ['a', 'b']) scene.put(`shown/${name}.json`, agentFile(3).text);
    await scene.source('shown');
    await scene.settled('shown', { completed: 2 });
    const [head = '', row = ''] = (await scene.kubectl('get', 'isrc', 'shown')).split('\n');
    const columns = ['NAME', 'READY', 'STATUS', 'LOCATION', 'PENDING', 'DONE', 'FAILED', 'SPANS', 'LAST SCAN', 'AGE'];
    expect(head.split(/\s{2,}/)).toEqual(columns);
    expect(row).toMatch(/^shown\s+True\s+2 files done, 0 under way\s+s3:\/\/acme-traces\/shown\/\s+0\s+2\s+0\s+6\s+\d+s\s+\d+s$/);
    expect(await scene.kubectl('get', 'spanferry', '-o', 'name')).toContain('ingestionsource.spanferry.io/shown');
  });

  test('row 41: its name is its own in the namespace, and a description says what it is', async () => {
    await scene.source('described', { description: 'Traces of the checkout agents' });
    expect((await scene.get('described')).spec.description).toBe('Traces of the checkout agents');
  });

  test('its records go with it when it is deleted, and nothing is scanned any more', async () => {
    scene.put('ended/a.json', agentFile().text);
    await scene.source('ended');
    await scene.settled('ended', { completed: 1 });
    const [record] = await scene.files('ended');
    expect(record?.metadata.ownerReferences?.[0]).toMatchObject({ kind: 'IngestionSource', name: 'ended' });
    const { metadata } = await scene.get('ended');
    expect(metadata.finalizers).toBeUndefined();
    await scene.remove('ingestionsources', 'ended');
    await expect(scene.get('ended')).rejects.toThrow('404');
    expect(await scene.ledgers('ended')).toHaveLength(1);
  });
});

describe.concurrent('row 44: suspend and resume', () => {
  test('a suspended source scans and ferries nothing, and says so; resumed, it goes on where it was', async () => {
    const [before, after] = [agentFile(), agentFile()];
    scene.put('paused/a.json', before.text);
    await scene.source('paused');
    await scene.settled('paused', { completed: 1 });
    await scene.edit('paused', { suspend: true });
    const suspended = await scene.condition('paused', 'Ready', { status: 'True', reason: 'Suspended' });
    expect(suspended.status.files).toMatchObject({ completed: 1 });
    expect(kstatus(suspended)).toBe('Current');
    expect(await scene.kubectl('get', 'isrc', 'paused')).toMatch(/True\s+suspended: nothing is scanned or ferried; 1 file done/);
    scene.put('paused/b.json', after.text);
    await scene.ask('ingestionsources', 'paused', 'test', 'seen');
    await eventually(
      () => scene.get('paused'),
      (source) => source.status.handled?.test === 'seen',
    );
    expect(after.ids.some((id) => scene.collector.taken.has(id))).toBe(false);
    await scene.edit('paused', { suspend: false });
    await scene.delivered(after.ids);
    await eventually(
      () => scene.events('paused'),
      (events) => ['Suspended', 'Resumed'].every((reason) => events.some((event) => event.type === 'Normal' && event.reason === reason)),
    );
    await scene.settled('paused', { completed: 2 });
    expect(before.ids.map((id) => scene.collector.taken.get(id))).toEqual([1, 1]);
  });

  test('one that is made suspended is Current at once, so that nobody waits for it', async () => {
    await scene.source('asleep', { suspend: true });
    const source = await scene.condition('asleep', 'Ready', { status: 'True', reason: 'Suspended' });
    expect(kstatus(source)).toBe('Current');
    expect(await scene.files('asleep')).toEqual([]);
  });

  test('a file that is under way stops at once, and is not lost', async () => {
    const { text, ids } = agentFile();
    scene.put('halted/a.json', text);
    const { promise, resolve } = Promise.withResolvers<void>();
    trouble.set(pathOf('halted'), faults.slow(promise));
    await scene.source('halted', destination('halted'));
    await scene.recorded('halted/a.json', { state: 'Processing' });
    await scene.edit('halted', { suspend: true });
    await scene.recorded('halted/a.json', { state: 'Pending', retries: 0 });
    resolve();
    trouble.delete(pathOf('halted'));
    await scene.edit('halted', { suspend: false });
    await scene.recorded('halted/a.json', { state: 'Completed', retries: 0 });
    await scene.delivered(ids);
  });
});

describe.concurrent('row 20: what is edited in place is listed anew, and nothing is ingested twice', () => {
  test('a wider selection finds what is new in it; a narrower one forgets nothing', async () => {
    const [json, text, later] = [agentFile(), agentFile(), agentFile()];
    scene.put('edited/a.json', json.text);
    scene.put('edited/b.otlp', text.text);
    await scene.source('edited');
    await scene.settled('edited', { completed: 1 });
    await scene.edit('edited', { scan: { extensions: ['.json', '.otlp'] } });
    await scene.delivered(text.ids);
    await scene.settled('edited', { completed: 2 });
    await scene.edit('edited', { scan: { extensions: null, exclude: ['**/a.json'] } });
    scene.put('edited/c.json', later.text);
    await scene.delivered(later.ids);
    const { status } = await scene.settled('edited', { completed: 3 });
    expect(status.totals).toMatchObject({ files: 3, spans: 6 });
    expect([...json.ids, ...text.ids].map((id) => scene.collector.taken.get(id))).toEqual([1, 1, 1, 1]);
  });

  test('another prefix or region is the same bucket: what was done there stays done', async () => {
    const file = agentFile();
    scene.put('moved/deep/a.json', file.text);
    scene.put('moved/b.json', agentFile().text);
    await scene.source('moved', {}, { prefix: 'moved/deep/' });
    await scene.settled('moved', { completed: 1 });
    await scene.edit('moved', { store: { s3: { prefix: 'moved/' } } });
    const { status } = await scene.settled('moved', { completed: 2 });
    expect(status.location).toBe('s3://acme-traces/moved/');
    expect(file.ids.map((id) => scene.collector.taken.get(id))).toEqual([1, 1]);
  });

  test('since is resolved once per edit: editing something else does not move it', async () => {
    scene.put('fixed/a.json', agentFile().text);
    await scene.source('fixed', { scan: { interval: '10s', modified: { since: '1d' } } });
    const before = (await scene.settled('fixed', { completed: 1 })).status.modifiedAfter;
    await scene.edit('fixed', { scan: { exclude: ['**/tmp/**'] } });
    const edited = await eventually(
      () => scene.get('fixed'),
      ({ status, metadata }) => status.observedGeneration === metadata.generation,
    );
    expect(edited.status.modifiedAfter).toBe(before);
    await scene.edit('fixed', { scan: { modified: { since: '2d' } } });
    await eventually(
      () => scene.get('fixed'),
      ({ status }) => Date.parse(status.modifiedAfter ?? '') < Date.parse(before ?? '') - 80_000_000,
    );
    await scene.edit('fixed', { scan: { modified: null } });
    await eventually(
      () => scene.get('fixed'),
      ({ status }) => status.modifiedAfter === undefined,
    );
  });

  test('what names the place cannot be edited', async () => {
    await scene.source('placed');
    await expect(scene.edit('placed', { store: { s3: { bucket: 'acme-other' } } })).rejects.toThrow(/bucket/);
    await expect(scene.edit('placed', { store: { s3: { endpoint: 'http://127.0.0.1:1' } } })).rejects.toThrow(/endpoint/);
  });
});

import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
  await scene.start();
});
afterAll(() => scene.close());

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const keysOf = async (source: string) => (await scene.files(source)).map(({ spec }) => spec.key).sort();
const putFiles = (...keys: readonly string[]) => {
  for (const key of keys) scene.put(key, agentFile().text);
};

describe.concurrent('which files of a bucket a source takes', () => {
  test('row 4: the prefix is empty by default, and then the whole bucket is looked at', async () => {
    scene.s3.createBucket('acme-other');
    for (const key of ['a.json', 'deep/er/b.json']) scene.s3.put('acme-other', key, agentFile().text);
    await scene.source('everything', {}, { bucket: 'acme-other', prefix: undefined });
    const { status } = await scene.settled('everything', { completed: 2 });
    expect(status.location).toBe('s3://acme-other/');
  });

  test('row 4: with a prefix only what is below it', async () => {
    putFiles('below/in.json', 'belowish.json', 'beside/out.json');
    await scene.source('below');
    const { status } = await scene.settled('below', { completed: 1 });
    expect(status).toMatchObject({ location: 's3://acme-traces/below/', lastScan: { listed: 1, matched: 1 } });
    expect(await keysOf('below')).toEqual(['below/in.json']);
  });

  test('row 15: .json is taken by default, compressed or not; what was left alone is counted by extension', async () => {
    putFiles('suffix/a.json', 'suffix/b.ndjson', 'suffix/c.ndjson', 'suffix/d.txt', 'suffix/JSON');
    await scene.source('suffix');
    const { status } = await scene.settled('suffix', { completed: 1 });
    expect(status.lastScan).toMatchObject({ listed: 5, matched: 1 });
    expect(status.lastScan?.skipped).toContainEqual({ extension: '.ndjson', count: 2 });
    expect(status.lastScan?.skipped).toContainEqual({ extension: '.txt', count: 1 });
    expect(status.lastScan?.skipped?.[0]).toEqual({ extension: '.ndjson', count: 2 });
    await eventually(
      () => scene.events('suffix'),
      (events) => events.some(({ reason, note }) => reason === 'ScanCompleted' && note === 'found 1 new file among 5 objects'),
    );
  });

  test('row 15: format Monocle adds .ndjson, and extensions can be named', async () => {
    const spans =
      '{"name":"workflow","context":{"trace_id":"0x60ddafcc4ff72a3b9c5f9d3ff7b8e1a2","span_id":"0x00f067aa0ba902b7"},"parent_id":null,"start_time":"2026-11-20T10:00:00Z","end_time":"2026-11-20T10:00:01Z","attributes":{},"resource":{"attributes":{"service.name":"bot"}}}';
    scene.put('monocle/a.ndjson', `${spans}\n`);
    scene.put('monocle/b.json', `[${spans}]`);
    await scene.source('monocle', { format: 'Monocle' });
    putFiles('named/a.otlp', 'named/b.json');
    await scene.source('named', { scan: { interval: '10s', extensions: ['.otlp'] } });
    await scene.settled('monocle', { completed: 2 });
    await scene.settled('named', { completed: 1 });
    expect(await keysOf('named')).toEqual(['named/a.otlp']);
  });

  test('row 16: include takes monocle_trace_* at any depth, exclude leaves out', async () => {
    putFiles('globs/monocle_trace_a.json', 'globs/x/y/monocle_trace_b.json', 'globs/tmp/monocle_trace_c.json', 'globs/x/other.json');
    await scene.source('globs', { scan: { interval: '10s', include: ['**/monocle_trace_*'], exclude: ['**/tmp/**'] } });
    await scene.settled('globs', { completed: 2 });
    expect(await keysOf('globs')).toEqual(['globs/monocle_trace_a.json', 'globs/x/y/monocle_trace_b.json']);
  });

  test.each([
    ['12h', 11 * HOUR, 13 * HOUR],
    ['24h', 23 * HOUR, 25 * HOUR],
    ['2d', 47 * HOUR, 49 * HOUR],
    ['7d', 6 * DAY, 8 * DAY],
    ['15d', 14 * DAY, 16 * DAY],
    ['30d', 29 * DAY, 31 * DAY],
  ])('row 18: since %s takes what is younger, and shows the moment it was resolved into', async (since, younger, older) => {
    const name = `since-${since}`;
    scene.put(`${name}/younger.json`, agentFile().text, Date.now() - younger);
    scene.put(`${name}/older.json`, agentFile().text, Date.now() - older);
    await scene.source(name, { scan: { interval: '10s', modified: { since } } });
    const { status } = await scene.settled(name, { completed: 1 });
    expect(await keysOf(name)).toEqual([`${name}/younger.json`]);
    const age = Date.now() - Date.parse(status.modifiedAfter ?? '');
    expect(age).toBeGreaterThan(younger);
    expect(age).toBeLessThan(older);
  });

  test('row 18: after and before name a window', async () => {
    for (const day of ['01', '02', '03']) scene.put(`window/${day}.json`, agentFile().text, Date.parse(`2026-11-${day}T12:00:00Z`));
    await scene.source('window', {
      scan: { interval: '10s', modified: { after: '2026-11-02T00:00:00Z', before: '2026-11-03T00:00:00Z' } },
    });
    await scene.settled('window', { completed: 1 });
    expect(await keysOf('window')).toEqual(['window/02.json']);
  });

  test.each([10, 20, 30])('row 19: the most recent %d files, and every later one', async (latest) => {
    const name = `latest-${latest}`;
    const noon = Date.parse('2026-11-19T12:00:00Z');
    for (let n = 0; n < 35; n++) scene.put(`${name}/${String((n * 17) % 35).padStart(2, '0')}.json`, agentFile(1).text, noon - n * HOUR);
    await scene.source(name, { scan: { interval: '10s', modified: { latest } } });
    const { status } = await scene.settled(name, { completed: latest });
    expect(Date.parse(status.modifiedAfter ?? '')).toBeLessThanOrEqual(noon - (latest - 1) * HOUR);
    expect(Date.parse(status.modifiedAfter ?? '')).toBeGreaterThanOrEqual(noon - latest * HOUR);
    scene.put(`${name}/later.json`, agentFile(1).text);
    await scene.ask('ingestionsources', name, 'scan', 'later');
    await scene.settled(name, { completed: latest + 1 });
  });

  test('a file that is younger than minAge rests first', async () => {
    scene.put('rested/old.json', agentFile().text, Date.now() - 2 * HOUR);
    scene.put('rested/young.json', agentFile().text);
    await scene.source('rested', { scan: { interval: '10s', minAge: '1h' } });
    await scene.settled('rested', { completed: 1 });
    expect(await keysOf('rested')).toEqual(['rested/old.json']);
  });

  test('row 22: date-partitioned keys are found as they come, wherever they sort', async () => {
    putFiles('days/2026/11/18/a.json', 'days/2026/11/19/b.json');
    await scene.source('days');
    await scene.settled('days', { completed: 2 });
    putFiles('days/2026/11/20/c.json', 'days/2026/11/19/late.json');
    await scene.ask('ingestionsources', 'days', 'scan', 'now');
    await scene.settled('days', { completed: 4 });
  });
});

describe.concurrent('when a source looks', () => {
  test('row 14: the interval is 60s by default and 10s at least', async () => {
    await scene.source('defaulted', { scan: {} });
    expect((await scene.get('defaulted')).spec.scan.interval).toBe('60s');
    await expect(scene.source('hasty', { scan: { interval: '9s' } })).rejects.toThrow('interval must be 10s or more');
  });

  test('row 14: a new file is found after the interval, without a word from anybody', async () => {
    putFiles('timely/a.json');
    await scene.source('timely');
    await scene.settled('timely', { completed: 1 });
    const late = agentFile();
    scene.put('timely/b.json', late.text);
    await scene.delivered(late.ids);
  });

  test('row 49: the scan annotation lists at once, and its token is echoed', async () => {
    await scene.source('asked', { scan: { interval: '12h' } });
    await scene.condition('asked', 'Ready', { status: 'True' });
    putFiles('asked/a.json');
    await scene.ask('ingestionsources', 'asked', 'scan', 'please-1');
    const { status } = await scene.settled('asked', { completed: 1 });
    expect(status.handled?.scan).toBe('please-1');
  });
});

describe.concurrent('a scan that matches nothing says why, with numbers', () => {
  test.each([
    ['nothing', [], {}, 'there is no object under nothing/ yet'],
    ['endings', ['a.ndjson', 'b.ndjson', 'c.txt'], {}, '3 objects under endings/, none ends with .json; 2 end with .ndjson'],
    [
      'unlisted',
      ['a.json', 'b.json'],
      { include: ['**/monocle_*'] },
      '2 objects under unlisted/, 2 end with .json, but none of them matches scan.include',
    ],
    ['excluded', ['a.json'], { exclude: ['**'] }, '1 object under excluded/, 1 ends with .json, but scan.exclude leaves all of them out'],
    ['young', ['a.json'], { minAge: '1h' }, '1 object under young/, 1 ends with .json, but 1 is younger than scan.minAge 1h'],
  ])('%s: %j', async (name, keys, scan, sentence) => {
    putFiles(...keys.map((key) => `${name}/${key}`));
    await scene.source(name, { scan: { interval: '10s', ...scan } });
    const { status } = await scene.condition(name, 'Ready', { status: 'True', reason: 'NoData' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toBe(sentence);
  });

  test('and files that are too old', async () => {
    scene.put('old/a.json', agentFile().text, Date.now() - 3 * DAY);
    await scene.source('old', { scan: { interval: '10s', modified: { since: '1d' } } });
    const { status } = await scene.condition('old', 'Ready', { reason: 'NoData' });
    expect(status.conditions?.find(({ type }) => type === 'Ready')?.message).toMatch(
      /^1 object under old\/, 1 ends with \.json, but 1 was modified before 2026-/,
    );
  });
});

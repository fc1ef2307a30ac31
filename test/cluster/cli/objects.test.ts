import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Said, type Surroundings, spanferry, spanferryAsIs } from '../../support/cli/person.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
let folder: string;
beforeAll(async () => {
  scene = await stage();
  folder = mkdtempSync(join(tmpdir(), 'spanferry-objects-'));
  await scene.start();
});
afterAll(async () => {
  rmSync(folder, { recursive: true, force: true });
  await scene.close();
});

const run = (args: readonly string[], more: Surroundings = {}): Promise<Said> => spanferry(scene.namespace, args, more);
/** A cloud login of the person at the machine, as the SDK finds it. */
const login = () => ({
  env: {
    AWS_ACCESS_KEY_ID: scene.reader.accessKeyId,
    AWS_SECRET_ACCESS_KEY: scene.reader.secretAccessKey,
    AWS_EC2_METADATA_DISABLED: 'true',
  },
});
const noLogin = { env: { AWS_EC2_METADATA_DISABLED: 'true' } };

describe.concurrent('row 17: spanferry ls', () => {
  test('browses folders and files below the prefix, each file with what became of it', async () => {
    for (const key of ['a.json', '2026/11/b.json', '2026/12/c.json']) scene.put(`browsed/${key}`, agentFile().text);
    scene.put('browsed/broken.json', '{"resourceSpans": [}');
    scene.put('browsed/notes.txt', 'x');
    await scene.source('browsed');
    await scene.settled('browsed', { completed: 3, failed: 1 });
    const top = await run(['ls', 'browsed']);
    expect({ code: top.code, err: top.err }).toEqual({ code: 0, err: '' });
    expect(top.out.split('\n').map((line) => line.trim().replace(/^[\d-]+ [\d:]+ +\S+ k?B +/, ''))).toEqual([
      '2026/',
      'Completed   a.json',
      'Failed      broken.json',
      'no match    notes.txt',
      expect.stringMatching(/^1 folder, 3 files, \d+ B|kB; 1 completed, 1 failed, 1 no match$/),
      '',
    ]);
    expect((await run(['ls', 'browsed', '2026/'])).out).toMatch(/^ +11\/\n +12\/\n2 folders, 0 files/);
    expect((await run(['ls', 'browsed', 'browsed/2026/11/'])).out).toMatch(/Completed {3}b\.json\n1 file, /);
    const all = JSON.parse((await run(['ls', 'browsed', '-r', '-o', 'json'])).out);
    expect(all.map(({ key, state }: { key: string; state: string }) => `${key} ${state}`)).toEqual([
      'browsed/2026/11/b.json Completed',
      'browsed/2026/12/c.json Completed',
      'browsed/a.json Completed',
      'browsed/broken.json Failed',
      'browsed/notes.txt no match',
    ]);
    expect(await run(['ls', 'browsed', 'nothing/'])).toMatchObject({
      code: 1,
      out: 'there is nothing below s3://acme-traces/browsed/nothing/\n',
    });
  });

  test("reads with the person's own login where somebody wants that, and says how to log in", async () => {
    scene.put('own/a.json', agentFile().text);
    await scene.source('own');
    await scene.settled('own', { completed: 1 });
    expect((await run(['ls', 'own', '--own-login'], login())).out).toContain('Completed   a.json');
    expect(await run(['ls', 'own', '--own-login'], noLogin)).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^spanferry: the store cannot be read with your own login \(.*\); log in to AWS: aws sso login, /),
    });
  });
});

describe.concurrent('spanferry view SOURCE KEY', () => {
  test('draws the waterfall of a file where it lies, by its whole key or as ls shows it, or writes it as a page', async () => {
    scene.put('viewed/run.json', readFileSync(new URL('../../fixtures/views/langgraph-agent.json', import.meta.url)));
    await scene.source('viewed', { suspend: true });
    const screen = readFileSync(new URL('../../fixtures/screens/langgraph-agent.json.80.txt', import.meta.url), 'utf8');
    for (const key of ['run.json', 'viewed/run.json']) {
      expect(await run(['view', 'viewed', key], { env: { COLUMNS: '80' } })).toEqual({ code: 0, out: screen, err: '' });
    }
    const html = join(folder, 'run.html');
    expect((await run(['view', 'viewed', 'run.json', '--html', html])).out).toMatch(
      /^.*run\.html: 1 trace, \d+\.\d kB; open it in a browser\n$/,
    );
    expect(readFileSync(html, 'utf8')).toContain('LangGraph.workflow');
  });

  test('says what is not there, and what cannot be read', async () => {
    scene.put('unviewable/a.json', 'no traces');
    await scene.source('unviewable', { suspend: true });
    expect(await run(['view', 'unviewable', 'b.json'])).toMatchObject({
      code: 1,
      err: 'spanferry: there is no unviewable/b.json in the store; `ls unviewable` shows what there is\n',
    });
    expect(await run(['view', 'unviewable', 'a.json'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(/^spanferry: NotATraceFile: /),
    });
  });
});

describe.concurrent('spanferry why', () => {
  test('says what became of a file, from record, ledger and store', async () => {
    scene.put('asked/done.json', agentFile(3).text);
    scene.put('asked/broken.json', '{"resourceSpans": [}');
    scene.put('asked/notes.txt', 'x');
    await scene.source('asked', { history: { completed: 0, failed: 100 } });
    await scene.settled('asked', { completed: 1, failed: 1 });
    // Its record is pruned, so only the ledger knows.
    await eventually(
      () => scene.file('asked/done.json'),
      (file) => file === undefined,
    );
    const done = await run(['why', 'asked', 'done.json']);
    expect(done).toMatchObject({ code: 0, err: '' });
    expect(done.out).toMatch(/^asked\/done\.json\nIt was delivered: the ledger knows exactly this content as completed\./);
    expect(done.out).toContain('\n  Ledger: completed.\n');
    expect((await run(['why', 'asked', 'broken.json'])).out).toMatch(
      /^asked\/broken\.json\nIt failed .* ago after \d+ attempts? \(InvalidJSON: /,
    );
    expect((await run(['why', 'asked', 'notes.txt'])).out).toContain(
      'It is left alone: it does not end with .json (spec.scan.extensions).',
    );
    expect((await run(['why', 'asked', 'never.json'])).out).toContain('There is no such object in the store');
    expect(JSON.parse((await run(['why', 'asked', 'done.json', '-o', 'json'])).out)).toMatchObject({
      fate: 'Completed',
      ledger: 'completed',
      record: null,
    });
  });
});

describe.concurrent('a file that was overwritten before it could be read, and was put back', () => {
  test('is new for ls, why and preview, and is taken once its source goes on', async () => {
    const file = agentFile(3);
    // The probe reads the first file, so the fault waits for the second one.
    scene.put('returned/a.json', agentFile().text);
    scene.put('returned/z.json', file.text);
    scene.s3.fault({ kind: 'changed', on: 'GetObject', key: 'returned/z.json', times: 1 });
    await scene.source('returned');
    await scene.recorded('returned/z.json', { state: 'Completed', reason: 'Superseded' });
    await scene.settled('returned', { completed: 2 });
    await run(['suspend', 'returned']);
    await scene.condition('returned', 'Ready', { reason: 'Suspended' });
    scene.put('returned/z.json', file.text);

    expect((await run(['ls', 'returned'])).out).toContain('New         z.json');
    const why = JSON.parse((await run(['why', 'returned', 'z.json', '-o', 'json'])).out);
    expect(why).toMatchObject({ fate: 'Waits', ledger: 'superseded', record: null });
    expect(why.sentences.at(-1)).toBe('Ledger: it was overwritten before it could be read.');
    expect((await run(['preview', 'returned'])).out).toContain('1 is done or under way, 1 is to come');

    await run(['resume', 'returned']);
    await scene.delivered(file.ids);
    await scene.settled('returned', { completed: 3 });
    expect((await run(['ls', 'returned'])).out).toContain('Completed   z.json');
    expect((await run(['why', 'returned', 'z.json'])).out).toMatch(/\nIt was delivered .*: 3 spans\./);
  });
});

describe.concurrent('spanferry preview', () => {
  test('shows what a source would take and how its first files fare; nothing is delivered', async () => {
    const files = [agentFile(), agentFile()];
    files.forEach(({ text }, n) => {
      scene.put(`previewed/${n}.json`, text);
    });
    scene.put('previewed/x.txt', 'x');
    await scene.source('previewed', { suspend: true });
    const { code, out, err } = await run(['preview', 'previewed']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(
      /^s3:\/\/acme-traces\/previewed\/ read as the Secret of the source\n {2}2 files match of 3 objects under previewed\/\n/,
    );
    expect(out).toContain('known    0 are done or under way, 2 are to come\n✓ previewed/0.json: OTLP JSON');
    expect(out).toMatch(/\nNothing was delivered\.\n$/);
    expect(files.flatMap(({ ids }) => ids).some((id) => scene.collector.taken.has(id))).toBe(false);
  });

  test('of a location or a manifest, with the own login or with the Secret that it names', async () => {
    scene.put('located/a.json', agentFile().text);
    scene.put('located/b.json', '{"resourceSpans": [}');
    const place = ['--endpoint', scene.s3.endpoint, '--path-style', '--region', scene.s3.region];
    const own = await run(['preview', 's3://acme-traces/located/', ...place], login());
    expect(own.code).toBe(1);
    expect(own.out).toContain('  2 files match of 2 objects under located/');
    expect(own.out).toMatch(/✗ located\/b\.json: .*\(InvalidJSON\)/);
    const manifest = (await run(['create', 's3://acme-traces/located/', ...place, '--secret', 's3-keys'])).out;
    const read = await run(['preview', '-f', '-', '-o', 'json'], { stdin: manifest, ...noLogin });
    expect(JSON.parse(read.out)).toMatchObject({
      matched: 2,
      listed: 2,
      files: [{ file: 'located/a.json', errors: [] }, { errors: [{ reason: 'InvalidJSON' }] }],
    });
    const file = join(folder, 'none.yaml');
    writeFileSync(file, 'kind: ConfigMap\n');
    expect(await run(['preview', '-f', file])).toMatchObject({
      code: 2,
      err: `spanferry: ${file} holds no IngestionSource\n`,
    });
    expect(await run(['preview', '-f', '-'], { stdin: 'kind: ConfigMap\n' })).toMatchObject({
      err: 'spanferry: standard input holds no IngestionSource\n',
    });
    expect(await run(['preview', file])).toMatchObject({
      code: 2,
      err: expect.stringContaining('none.yaml is a file, but preview looks at a source, a location or a manifest (-f FILE)'),
    });
    expect(await run(['preview', 's3://acme-traces/none/', ...place], login())).toMatchObject({
      code: 1,
      out: expect.stringContaining('there is no object under none/ yet'),
    });
  });
});

describe.concurrent('spanferry create', () => {
  test('prints a manifest that kubectl takes, or applies it', async () => {
    const { text, ids } = agentFile();
    scene.put('created/a.json', text);
    const flags = [
      '--endpoint',
      scene.s3.endpoint,
      '--path-style',
      '--region',
      scene.s3.region,
      '--secret',
      's3-keys',
      '--interval',
      '10s',
    ];
    const { out } = await run(['create', 's3://acme-traces/created/', ...flags]);
    const file = join(folder, 'source.yaml');
    writeFileSync(file, out);
    expect(await scene.kubectl('apply', '--dry-run=server', '-f', file)).toContain('acme-traces-created created');
    expect(await run(['create', 's3://acme-traces/created/', ...flags, '--name', 'applied', '--apply'])).toEqual({
      code: 0,
      out: `applied created in namespace ${scene.namespace}\n`,
      err: '',
    });
    await scene.delivered(ids);
    expect((await run(['create', 's3://acme-traces/created/', ...flags, '--name', 'applied', '--suspend', '--apply'])).out).toContain(
      'applied configured',
    );
    expect((await scene.get('applied')).spec.suspend).toBe(true);
    expect(await run(['create', 's3://other-traces/created/', ...flags, '--name', 'applied', '--apply'])).toMatchObject({
      code: 1,
      err: expect.stringContaining('bucket cannot change: make another IngestionSource for another bucket'),
    });
    expect(await run(['create', 'gs://acme-traces/', '--secret', 'no-key', '--apply'])).toMatchObject({
      code: 0,
      err: expect.stringContaining('there is no Secret no-key in namespace'),
    });
    expect(await run(['create', 's3://acme-traces/created/', '--interval', '1s', '--apply'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('interval must be 10s or more'),
    });
  });
});

describe.concurrent('spanferry wait and forget', () => {
  test('wait ends when nothing is left to do, and with 1 where a file failed meanwhile', async () => {
    for (let n = 0; n < 5; n++) scene.put(`awaited/${n}.json`, agentFile().text);
    await scene.source('awaited');
    expect(await run(['wait', 'awaited', '--for', 'done', '--timeout', '50s'])).toEqual({
      code: 0,
      out: 'awaited: 5 files done, 0 failed, nothing left\n',
      err: '',
    });
    scene.put('awaited/broken.json', '{"resourceSpans": [}');
    expect(await run(['wait', 'awaited', '--for', 'done', '--timeout', '50s'])).toMatchObject({
      code: 1,
      out: expect.stringContaining('; 1 file failed meanwhile: `files awaited --state Failed`\n'),
    });
    expect(await run(['wait', 'awaited', '--for', 'scanned'])).toMatchObject({
      code: 0,
      out: expect.stringContaining('awaited: 6 objects listed, 6 match'),
    });
  });

  test('wait says why it would never end', async () => {
    await scene.source('hopeless', {}, { auth: { type: 'AccessKey', accessKeySecretRef: { name: 'no-such-secret' } } });
    await scene.condition('hopeless', 'Stalled', { status: 'True' });
    expect(await run(['wait', 'hopeless', '--for', 'done'])).toMatchObject({
      code: 1,
      err: expect.stringMatching(
        /^spanferry: hopeless cannot go on: there is no Secret no-such-secret \(MissingCredential\)\. Create the Secret/,
      ),
    });
  });

  test('forget asks first; then every file is ingested again', async () => {
    const files = Array.from({ length: 3 }, () => agentFile(1));
    files.forEach(({ text }, n) => {
      scene.put(`forgotten/${n}.json`, text);
    });
    await scene.source('forgotten');
    await scene.settled('forgotten', { completed: 3 });
    expect(await run(['forget', 'forgotten'])).toMatchObject({
      code: 2,
      err: expect.stringContaining('To go on without being asked, add --yes\n'),
    });
    expect(await run(['forget', 'forgotten', '--yes'])).toEqual({
      code: 0,
      out: 'forgotten has forgotten 3 files and starts over\n',
      err: '',
    });
    const ids = files.flatMap((each) => each.ids);
    await eventually(
      () => ids.map((id) => scene.collector.taken.get(id)),
      (times) => times.every((each) => each === 2),
      45_000,
    );
    const { spec, status } = await scene.settled('forgotten', { completed: 3 });
    expect(spec.suspend).toBe(false);
    expect(status.totals).toMatchObject({ files: 3, spans: 3 });
  });
});

test.concurrent('shells complete the names of sources', async () => {
  await scene.source('completed-by-tab');
  const { code, out } = await spanferryAsIs(['__complete', '--', 'status', '-n', scene.namespace, 'completed-by']);
  expect({ code, out }).toEqual({ code: 0, out: 'completed-by-tab\n' });
});

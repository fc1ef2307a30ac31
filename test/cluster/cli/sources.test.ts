import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Said, spanferry } from '../../support/cli/person.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';

let scene: Stage;
beforeAll(async () => {
  scene = await stage();
  await scene.start();
});
afterAll(() => scene.close());

const run = (...args: readonly string[]): Promise<Said> => spanferry(scene.namespace, args);
const well = (out: string) => ({ code: 0, out, err: '' });

async function ferried(source: string, count: number): Promise<readonly string[]> {
  const files = Array.from({ length: count }, () => agentFile(3));
  files.forEach(({ text }, n) => {
    scene.put(`${source}/${n}.json`, text);
  });
  await scene.source(source);
  await scene.settled(source, { completed: count });
  return files.flatMap(({ ids }) => ids);
}

describe.concurrent('spanferry status', () => {
  test('shows how a source stands', async () => {
    await ferried('shown', 2);
    const { code, out, err } = await run('status', 'shown');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain(`✓ shown · namespace ${scene.namespace}\n  s3://acme-traces/shown/ → the operator's own collector\n`);
    expect(out).toContain('files      2 done · 0 failed · 0 under way · 0 behind');
    expect(out).toContain('spans      6 delivered');
    expect(out).not.toContain('no operator');
  });

  test('says what is wrong, and what mends it', async () => {
    await scene.source('wrong', {}, { auth: { type: 'AccessKey', accessKeySecretRef: { name: 'no-such-secret' } } });
    await scene.condition('wrong', 'StoreReady', { status: 'False', reason: 'MissingCredential' });
    const { code, out } = await run('status', 'wrong');
    expect(code).toBe(0);
    expect(out).toMatch(/✗ wrong .*\n(.*\n)*? {2}✗ StoreReady: MissingCredential: there is no Secret/);
    expect(out).toMatch(/→ Create the Secret with the keys that the message names/);
  });

  test('gives programs the objects themselves, chosen as kubectl chooses', async () => {
    await scene.source('labelled');
    await scene.kubectl('label', 'isrc', 'labelled', 'team=shop');
    const chosen = await run('status', '-l', 'team=shop', '-o', 'name');
    expect(chosen).toEqual(well('ingestionsource.spanferry.io/labelled\n'));
    const everywhere = await run('status', '-A', '-o', 'json');
    expect(JSON.parse(everywhere.out).items.map(({ metadata }: { metadata: { name: string } }) => metadata.name)).toContain('labelled');
    const one = JSON.parse((await run('status', 'labelled', '-o', 'json')).out);
    expect(one).toMatchObject({ kind: 'IngestionSource', spec: { scan: { interval: '10s' } } });
    expect((await run('status', 'labelled', '-o', 'yaml')).out).toMatch(/^apiVersion: spanferry\.io\/v1alpha1\nkind: IngestionSource\n/);
  });
});

describe.concurrent('row 13: spanferry test', () => {
  test('prints how many files are found, and as whom the store knows us', async () => {
    await ferried('tested', 2);
    expect(await run('test', 'tested')).toEqual(well('✓ tested: s3://acme-traces/tested/ can be listed and read\n    2 files match\n'));
  });

  test('prints reason and remedy where it fails, and ends with 1', async () => {
    await scene.source('untested', {}, { bucket: 'acme-nothing' });
    const { code, out, err } = await run('test', 'untested');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(/^✗ untested: .*acme-nothing.* \(NoSuchBucket\)\n {4}→ Correct the name in spec\.store, or create .*\.\n$/);
    expect(JSON.parse((await run('test', 'untested', '-o', 'json')).out)).toMatchObject({
      name: 'untested',
      ok: false,
      reason: 'NoSuchBucket',
    });
  });
});

describe.concurrent('spanferry scan', () => {
  test('lists everything now, waits, and says what was found', async () => {
    await scene.source('scanned', { scan: { interval: '12h' } });
    await scene.condition('scanned', 'Ready', { status: 'True' });
    const { text, ids } = agentFile();
    scene.put('scanned/a.json', text);
    const { code, out } = await run('scan', 'scanned');
    expect(code).toBe(0);
    expect(out).toMatch(/^scanned: 1 object listed, 1 match; (1 to come|nothing is left to do)\n$/);
    await scene.delivered(ids);
  });

  test('says why nothing matches', async () => {
    scene.put('mismatched/a.txt', 'x');
    await scene.source('mismatched');
    await scene.condition('mismatched', 'Ready', { status: 'True' });
    expect(await run('scan', 'mismatched')).toEqual(
      well('mismatched: 1 object under mismatched/, none ends with .json; 1 ends with .txt\n'),
    );
  });

  test('or why it cannot', async () => {
    await scene.source('unscannable', { suspend: true });
    await scene.condition('unscannable', 'Ready', { reason: 'Suspended' });
    expect(await run('scan', 'unscannable')).toEqual({
      code: 1,
      out: 'unscannable: it is suspended, so nothing is scanned: `resume` it first\n',
      err: '',
    });
  });
});

test.concurrent('row 44: spanferry suspend stops a source, resume lets it go on', async () => {
  await ferried('paused', 1);
  expect(await run('suspend', 'paused')).toEqual(well('paused suspended: nothing is lost, `resume` goes on\n'));
  await scene.condition('paused', 'Ready', { reason: 'Suspended' });
  expect(await run('suspend', 'paused')).toEqual(well('paused was suspended already\n'));
  for (const asked of [
    ['retry', 'paused', '--all-failed'],
    ['retry', 'paused', 'a.json'],
    ['force', 'paused', 'a.json'],
  ]) {
    expect(await run(...asked)).toMatchObject({
      code: 1,
      err: expect.stringContaining('paused is suspended, so nothing would happen: `resume` it first'),
    });
  }
  const { text, ids } = agentFile();
  scene.put('paused/later.json', text);
  expect(await run('resume', 'paused')).toEqual(well('paused resumed\n'));
  await scene.delivered(ids);
});

describe.concurrent('spanferry files, retry and force', () => {
  /** Files that fail because the source expects another format, and their spans. */
  async function failed(source: string, names: readonly string[]): Promise<ReadonlyMap<string, readonly string[]>> {
    const files = names.map((name) => [name, agentFile(1)] as const);
    for (const [name, { text }] of files) scene.put(`${source}/${name}`, text);
    await scene.source(source, { format: 'Monocle' });
    await scene.settled(source, { failed: names.length });
    return new Map(files.map(([name, { ids }]) => [name, ids]));
  }

  const mend = (source: string) => scene.edit(source, { format: 'Auto' });

  test('row 38: each file with its size, error, spans and retries', async () => {
    await failed('listed', ['a.json', 'b.json']);
    const { code, out } = await run('files', 'listed', '--state', 'Failed', '--sort', 'key');
    expect(code).toBe(0);
    expect(out).toMatch(/^STATE +SPANS +.*SIZE +WHEN +REASON +KEY\n/);
    expect(out).toMatch(/\nFailed .* NotATraceFile +listed\/a\.json\nFailed .* listed\/b\.json\n2 files: 2 failed; 0 spans, /);
    const [first] = JSON.parse((await run('files', 'listed', '--key', '**/a.json', '-o', 'json')).out);
    expect(first).toMatchObject({ key: 'listed/a.json', state: 'Failed', reason: 'NotATraceFile', retries: 0 });
    expect(first.message).toMatch(/Monocle/);
    expect((await run('files', 'listed', '-o', 'name')).out.split('\n')).toHaveLength(3);
  });

  test('row 40: one file is tried again by its key, as `ls` shows it; others stay as they are', async () => {
    const ids = await failed('again', ['a.json', 'b.json']);
    await mend('again');
    expect(await run('retry', 'again', 'a.json')).toEqual(well('again: 1 file is tried again\n'));
    await scene.delivered(ids.get('a.json') ?? []);
    await scene.settled('again', { completed: 1, failed: 1 });
    expect(await run('retry', 'again', 'again/a.json', 'c.json')).toMatchObject({
      code: 1,
      out: '',
      err: expect.stringMatching(
        /^spanferry: again\/a\.json is Completed; `force` ingests it again\nspanferry: no record is kept of again\/c\.json: `why` says what became of it; /,
      ),
    });
  });

  test('row 40: all that failed are tried again', async () => {
    const ids = await failed('all', ['a.json', 'b.json']);
    await mend('all');
    expect(await run('retry', 'all', '--all-failed')).toEqual(well('all: 2 failed files are tried again\n'));
    await scene.delivered([...ids.values()].flat());
    await scene.settled('all', { completed: 2 });
  });

  test('or those that failed for a reason', async () => {
    const ids = await failed('reasoned', ['a.json']);
    await mend('reasoned');
    scene.put('reasoned/broken.json', '{"resourceSpans": [}');
    await scene.ask('ingestionsources', 'reasoned', 'scan', 'now');
    await scene.settled('reasoned', { failed: 2 });
    expect(await run('retry', 'reasoned', '--reason', 'notatracefile')).toEqual(
      well('reasoned: 1 file is tried again that failed with NotATraceFile\n'),
    );
    await scene.delivered(ids.get('a.json') ?? []);
    await scene.settled('reasoned', { completed: 1, failed: 1 });
  });

  test('a completed file is ingested again by force', async () => {
    const ids = await ferried('forced', 1);
    expect(await run('force', 'forced', '0.json')).toEqual(well('forced: 1 file is ingested again\n'));
    await eventually(
      () => ids.map((id) => scene.collector.taken.get(id)),
      (times) => times.every((each) => each === 2),
    );
  });

  test('a small file that travelled with others is ingested again with all of them, if that is what somebody wants', async () => {
    const ids = await ferried('together', 40);
    expect(await run('force', 'together', '7.json')).toEqual({
      code: 1,
      out: '',
      err: 'spanferry: together/7.json travelled with 39 other files, and only all of them can be ingested again: --whole-pack does\n',
    });
    expect(await run('force', 'together', '7.json', '--whole-pack')).toEqual(well('together: 40 files are ingested again\n'));
    await eventually(
      () => new Set(ids.map((id) => scene.collector.taken.get(id))),
      (times) => [...times].join() === '2',
    );
    expect((await scene.settled('together', { completed: 40 })).status.totals).toMatchObject({ files: 40 });
  });

  test.each<[sentence: string, args: readonly string[], says: string]>([
    ['without saying which', ['retry', 'any'], 'spanferry: say which files: KEY…, --reason REASON, or --all-failed\n'],
    ['for a reason that there is not', ['retry', 'any', '--reason', 'BadLuck'], 'spanferry: there is no reason BadLuck; '],
    ['of all sources by mistake', ['suspend'], 'spanferry: name a source, or choose some with -l, or all of the namespace with --all\n'],
  ])('nothing is changed %s', async (_sentence, args, says) => {
    expect(await run(...args)).toMatchObject({ code: 2, out: '', err: expect.stringContaining(says) });
  });
});

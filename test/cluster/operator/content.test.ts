import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { filesOf } from '../../../src/api/ingestionfile.ts';
import type { Fault } from '../../support/collector-stub.ts';
import { eventually } from '../../support/eventually.ts';
import { type Stage, stage } from '../../support/stage.ts';
import { agentFile } from '../../support/traces/agent.ts';
import { decodeRequest, type Json } from '../../support/traces/decode.ts';

let scene: Stage;
/** What goes wrong at the path that a source has to itself, as long as it does. */
const holds = new Map<string, Fault>();
beforeAll(async () => {
  scene = await stage();
  scene.collector.always((asked) => holds.get(asked.path)?.(asked));
  await scene.start();
});
afterAll(() => scene.close());

const folder = new URL('../../fixtures/traces/', import.meta.url);
const fixture = (name: string) => readFileSync(new URL(name, folder));
type Golden = {
  readonly requests: Json;
  readonly summary: { readonly spans: number; readonly rejectedSpans: number; readonly format: string };
};
const golden = (name: string): Golden => JSON.parse(readFileSync(new URL(`${name}.expected.json`, folder), 'utf8'));

/** What the collector was sent for one source: each has a path of its own there. */
const sent = (source: string) =>
  scene.collector.received.filter(({ path }) => path === `/${source}/v1/traces`).map(({ body }) => decodeRequest(body));
const ownPath = (source: string) => ({
  destination: { endpoint: `${scene.collector.url}/${source}` },
  scan: { interval: '10s', extensions: [] },
});

describe.concurrent('what is in a file arrives as it was written', () => {
  test.each([
    ['rows 23, 26 and 30', 'otlp-document.json', 'OTLP JSON to the nanosecond, fiddler.span.* and custom attributes included'],
    ['row 24', 'otlp-swift-base64-of-hex.json', 'ids in base64'],
    ['row 23', 'otlp-lines.json.gz', 'OTLP lines, compressed with gzip'],
    ['row 23', 'otlp-lines.json.zst', 'OTLP lines, compressed with zstd'],
    ['row 23', 'otlp-plain.binpb', 'OTLP protobuf'],
    ['row 27', 'monocle_trace_coffee_bot_60ddafcc4ff72a3b9c5f9d3ff7b8e1a2_2025-02-28_16.51.13.json', 'a Monocle array'],
    ['row 27', 'monocle-python.ndjson', 'Monocle lines of the Python exporter'],
    ['row 27', 'monocle-typescript.ndjson', 'Monocle lines of the TypeScript exporter'],
    ['row 27', 'okahu-trace.json', 'the wrapper of Okahu'],
    ['row 27', 'okahu-batch.json', 'a batch of wrappers of Okahu'],
  ])('%s: %s is %s', async (_row, name, _what) => {
    const source = `golden-${name.toLowerCase().replace(/[^a-z0-9]+/g, '-')}`.slice(0, 60).replace(/-$/, '');
    scene.put(`${source}/${name}`, fixture(name));
    await scene.source(source, ownPath(source));
    const expected = golden(name);
    const record = await scene.recorded(`${source}/${name}`, { state: 'Completed' });
    expect(record.status).toMatchObject({ spans: expected.summary.spans, rejectedSpans: expected.summary.rejectedSpans, retries: 0 });
    expect(sent(source)).toEqual(expected.requests);
  });

  test('row 25: a parent of "" is a root, and row 26: times keep their last nanosecond', async () => {
    const times = { startTimeUnixNano: '"1744200000123456789"', endTimeUnixNano: '"1744200000123456790"' };
    const span = {
      traceId: '"5b8efff798038103d269b633813fc60c"',
      spanId: '"eee19b7ec3c1b174"',
      parentSpanId: '""',
      name: '"root"',
      ...times,
    };
    const text = `{${Object.entries(span).map(([name, value]) => `"${name}":${value}`)}}`;
    scene.put('root/a.json', `{"resourceSpans":[{"scopeSpans":[{"spans":[${text}]}]}]}`);
    await scene.source('root', ownPath('root'));
    const { status } = await scene.recorded('root/a.json', { state: 'Completed' });
    expect(JSON.stringify(sent('root'))).toContain('"startTimeUnixNano":"1744200000123456789","endTimeUnixNano":"1744200000123456790"');
    expect(JSON.stringify(sent('root'))).not.toContain('parentSpanId');
    expect(status).toMatchObject({ firstSpanTime: '2025-04-09T12:00:00.123Z', lastSpanTime: '2025-04-09T12:00:00.123Z' });
  });
});

describe.concurrent('applications', () => {
  const other = { 'application.id': 'another-app' };

  test('row 28: application.id in the file is delivered as it is, and shown on the record', async () => {
    scene.put('app/a.json', agentFile(1, 'checkout', other).text);
    await scene.source('app', ownPath('app'));
    const { status } = await scene.recorded('app/a.json', { state: 'Completed' });
    expect(status.applicationIds).toEqual(['another-app']);
    expect(JSON.stringify(sent('app'))).toContain('another-app');
  });

  test('row 29: another application than the expected one is delivered with a warning', async () => {
    scene.put('mismatch/a.json', agentFile(1, 'checkout', other).text);
    await scene.source('mismatch', { ...ownPath('mismatch'), applicationIds: ['5f4dcc3b'] });
    const { status } = await scene.recorded('mismatch/a.json', { state: 'Completed' });
    expect(status.warnings).toEqual([
      { message: 'application.id is another-app, expected is 5f4dcc3b', count: 1 },
      { message: 'no span has the attribute fiddler.span.type', count: 1 },
    ]);
    expect(sent('mismatch')).toHaveLength(1);
  });

  test('row 29: or fails before a single span is sent, where the source says so', async () => {
    scene.put('strict/a.json', agentFile(1, 'checkout', other).text);
    await scene.source('strict', { ...ownPath('strict'), applicationIds: ['5f4dcc3b'], applicationMismatch: 'Fail' });
    const { status } = await scene.recorded('strict/a.json', { state: 'Failed' });
    expect(status).toMatchObject({ reason: 'ApplicationMismatch', retries: 0 });
    expect(sent('strict')).toEqual([]);
  });
});

describe.concurrent('row 37: a broken file fails at once, with its reason and the place, and uses no retries', () => {
  const HOUR_AGO = Date.now() - 3_600_000;
  const brokenFiles: readonly (readonly [name: string, body: string | Uint8Array, reason: string, says: RegExp])[] = [
    ['empty.json', '', 'EmptyFile', /no bytes/],
    ['malformed.json', '{"resourceSpans":[{"scopeSpans":[{"spans":[{]}]}]}', 'InvalidJSON', /offset \d+/],
    ['short-id.json', fixture('short-trace-id.json'), 'InvalidTraceId', /16 characters at offset 404/],
    ['cut.json', fixture('truncated.json'), 'Truncated', /ends in the middle/],
    ['logs.json', fixture('logs-only.json'), 'NoTraces', /3 log records/],
    ['page.json', fixture('page.html'), 'NotATraceFile', /./],
    ['damaged.json.gz', fixture('otlp-lines.json.gz').subarray(0, 40), 'Truncated', /./],
  ];

  test('each by its own name', async () => {
    for (const [name, body] of brokenFiles) scene.put(`broken/${name}`, body, HOUR_AGO);
    const good = agentFile();
    scene.put('broken/good.json', good.text, HOUR_AGO);
    await scene.source('broken');
    const { status } = await scene.settled('broken', { completed: 1, failed: brokenFiles.length });
    for (const [name, , reason, says] of brokenFiles) {
      const record = await scene.file(`broken/${name}`);
      expect(record?.status, name).toMatchObject({ state: 'Failed', reason, retries: 0 });
      expect(record?.status.message, name).toMatch(says);
    }
    await scene.delivered(good.ids);
    expect(status.recentFailures).toHaveLength(5);
    expect(status.lastFailureTime).toBeDefined();
    expect(status.conditions?.find(({ type }) => type === 'Ready')).toMatchObject({ status: 'True' });
  });

  test('a file that ends in the middle and is young gets another try: its writer may still be at work', async () => {
    scene.put('young-cut/a.json', fixture('truncated.json'));
    await scene.source('young-cut');
    const { status } = await scene.recorded('young-cut/a.json', { state: 'Pending', reason: 'Truncated', retries: 1 });
    expect(Date.parse(status.nextAttemptTime ?? '')).toBeGreaterThan(Date.now());
  });

  test('a span that is broken in a Monocle file is left out and counted; the others arrive', async () => {
    scene.put('some-bad/a.ndjson', fixture('monocle-bad-spans.ndjson'));
    await scene.source('some-bad', ownPath('some-bad'));
    const { status } = await scene.recorded('some-bad/a.ndjson', { state: 'Completed' });
    expect(status).toMatchObject({ spans: 2, rejectedSpans: 3, reason: 'InvalidSpan' });
    expect((await scene.settled('some-bad', { completed: 1 })).status.totals).toMatchObject({ spans: 2, rejectedSpans: 3 });
  });
});

describe.concurrent('row 63: what was completed can be found at the destination, because its record says what to look for', () => {
  test('times, service and application', async () => {
    scene.put('findable/a.json', agentFile(2, 'refunds', { 'application.id': '5f4dcc3b' }).text);
    await scene.source('findable');
    const { status } = await scene.recorded('findable/a.json', { state: 'Completed' });
    expect(status).toMatchObject({ services: ['refunds'], applicationIds: ['5f4dcc3b'], firstSpanTime: '2025-04-09T12:00:00.000Z' });
    expect(status).toMatchObject({ lastSpanTime: '2025-04-09T12:00:05.500Z', requests: 1, spans: 2 });
  });
});

describe.concurrent('a file whose content changed', () => {
  const unavailable: Fault = () => ({ status: 503, headers: { 'retry-after': '1' } });

  test('under its old key it is a new file, and both are in the totals', async () => {
    const [first, second] = [agentFile(), agentFile()];
    scene.put('rewritten/a.json', first.text);
    await scene.source('rewritten');
    await scene.settled('rewritten', { completed: 1 });
    scene.put('rewritten/a.json', second.text);
    await scene.ask('ingestionsources', 'rewritten', 'scan', 'now');
    await scene.delivered(second.ids);
    await scene.settled('rewritten', { completed: 2 });
  });

  test('is left alone with overwritten: Ignore', async () => {
    const [first, second, third] = [agentFile(), agentFile(), agentFile()];
    scene.put('kept/a.json', first.text);
    await scene.source('kept', { scan: { interval: '10s', overwritten: 'Ignore' } });
    await scene.settled('kept', { completed: 1 });
    scene.put('kept/a.json', second.text);
    scene.put('kept/b.json', third.text);
    await scene.ask('ingestionsources', 'kept', 'scan', 'now');
    await scene.settled('kept', { completed: 2 });
    expect(scene.collector.taken.has(second.ids[0] ?? '')).toBe(false);
  });

  test('just before it was read, its record ends as Superseded and its new content is ferried', async () => {
    scene.s3.fault({ kind: 'changed', on: 'GetObject', key: 'raced/z.json', times: 1 });
    // The probe reads the first file, so the fault waits for the second one.
    scene.put('raced/a.json', agentFile().text);
    scene.put('raced/z.json', agentFile().text);
    await scene.source('raced');
    await scene.recorded('raced/z.json', { state: 'Completed', reason: 'Superseded' });
  });

  test.each([
    ['in a record of its own', 'back', 1],
    ['in a pack', 'back-in-pack', 40],
  ])('just before it was read, %s, is ferried after all when its old content is put back byte for byte', async (_where, name, count) => {
    const path = `/${name}/v1/traces`;
    const [key, ...others] = Array.from({ length: count }, (_, n) => `${name}/run-${n}.json`) as [string, ...string[]];
    const [first, second] = [agentFile(2), agentFile(3)];
    scene.put(key, first.text);
    for (const each of others) scene.put(each, agentFile(2).text);
    // A destination that does not answer yet keeps the files waiting.
    holds.set(path, unavailable);
    await scene.source(name, { ...ownPath(name), history: { completed: 1_000 } });
    const itsRecord = async () => (await scene.files(name)).find(({ spec }) => filesOf(spec).some((file) => file.key === key));
    const held = await eventually(itsRecord, (record) => record?.status.reason === 'DestinationUnavailable');
    const { version } = filesOf(held!.spec).find((file) => file.key === key)!;
    scene.put(key, second.text);
    // Whoever tries the destination again reads the file again. Nothing of its first content can arrive before that.
    await eventually(itsRecord, (record) =>
      [record?.status, ...(record?.status.unread ?? [])].some((each) => each?.reason === 'Superseded'),
    );
    holds.delete(path);
    await scene.ask('ingestionsources', name, 'scan', 'second');
    await scene.delivered(second.ids);
    await scene.settled(name, { completed: count + 1 });
    expect(first.ids.filter((id) => scene.collector.taken.has(id))).toEqual([]);

    scene.put(key, first.text);
    await scene.ask('ingestionsources', name, 'scan', 'put back');
    await scene.delivered(first.ids);
    const { status } = await scene.settled(name, { completed: count + 2 });
    expect(status).toMatchObject({ totals: { files: count + 2, spans: 2 * count + 3, retries: 0 }, ledger: { entries: count + 2 } });
    expect([...first.ids, ...second.ids].map((id) => scene.collector.taken.get(id))).toEqual([1, 1, 1, 1, 1]);
    const again = (await scene.files(name)).find(({ spec }) => spec.key === key && spec.version === version);
    expect(again?.status).toMatchObject({ state: 'Completed', spans: 2, attempts: 1 });
    expect(again?.status).not.toHaveProperty('reason');

    await scene.ask('ingestionsources', name, 'scan', 'nothing new');
    await eventually(
      () => scene.get(name),
      ({ status }) => status.handled?.scan === 'nothing new',
    );
    await scene.settled(name, { completed: count + 2 });
    expect(first.ids.map((id) => scene.collector.taken.get(id))).toEqual([1, 1]);
  });

  test('a file that was deleted before it was read fails as Deleted', async () => {
    scene.put('gone/a.json', agentFile().text);
    // A destination that does not answer yet keeps the file waiting.
    holds.set('/gone/v1/traces', unavailable);
    await scene.source('gone', ownPath('gone'));
    await scene.recorded('gone/a.json', { state: 'Pending', reason: 'DestinationUnavailable' });
    scene.s3.remove(scene.bucket, 'gone/a.json');
    holds.delete('/gone/v1/traces');
    await scene.recorded('gone/a.json', { state: 'Failed', reason: 'Deleted' });
  });

  test('a file of an archive class fails as Archived', async () => {
    scene.put('cold/a.json', agentFile().text);
    scene.s3.put(scene.bucket, 'cold/b.json', agentFile().text, { storageClass: 'DEEP_ARCHIVE' });
    await scene.source('cold');
    await scene.settled('cold', { completed: 1, failed: 1 });
    expect((await scene.file('cold/b.json'))?.status).toMatchObject({ state: 'Failed', reason: 'Archived' });
  });
});

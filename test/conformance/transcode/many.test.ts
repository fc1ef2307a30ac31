import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import {
  defaultSettings,
  type FileResult,
  type Settings,
  type SharedBatch,
  type SmallFile,
  type TranscodeMany,
} from '../../../src/transcode/port.ts';
import { createPool } from '../../../src/transcode/threads/pool.ts';
import { transcodeMany } from '../../../src/transcode/transcode.ts';
import { type Json, spansOf } from '../../support/traces/decode.ts';
import { documentOf, spanText } from '../../support/traces/documents.ts';
import { feed } from '../../support/traces/feed.ts';
import { monocleJson, mutate, otlpJson } from '../../support/traces/generate.ts';
import { randomFrom } from '../../support/traces/random.ts';

const pool = createPool({ threads: 1 });
afterAll(() => pool.close());

const ways: readonly [where: string, run: TranscodeMany][] = [
  ['here', transcodeMany],
  ['in a thread', pool.transcodeMany],
];

type Together = {
  readonly results: readonly FileResult[];
  readonly batches: readonly Omit<SharedBatch, 'release'>[];
  /** The decoded spans of each batch. */
  readonly decoded: readonly (readonly Json[])[];
};

async function together(run: TranscodeMany, files: readonly SmallFile[], settings: Partial<Settings> = {}): Promise<Together> {
  const batches: Omit<SharedBatch, 'release'>[] = [];
  const results = await run(files, { ...defaultSettings, ...settings }, ({ index, body, spans, shares, release }) => {
    batches.push({ index, body: Uint8Array.from(body), spans, shares });
    release?.();
  });
  return { results, batches, decoded: batches.map(({ body }) => spansOf([body])) };
}

/** The spans of one file, found in the batches by its shares. */
const spansOfFile = (file: number, { batches, decoded }: Together): readonly Json[] =>
  batches.flatMap(({ shares, index }) =>
    shares.filter((share) => share.file === file).flatMap(({ from, spans }) => decoded[index]?.slice(from, from + spans) ?? []),
  );

const file = (content: string | Uint8Array): SmallFile => ({ bytes: typeof content === 'string' ? Buffer.from(content) : content });
const spans = (count: number, nameLength: number): string =>
  documentOf(...Array.from({ length: count }, () => spanText({ name: `"${'x'.repeat(nameLength)}"` })));

const fixtures = new URL('../../fixtures/traces/', import.meta.url);
const names = readdirSync(fixtures).filter((name) => !name.includes('.expected.'));

describe.each(ways)('many small files %s', (_where, run) => {
  test('end as each would alone, and share batches', async () => {
    const files = names.map((name) => ({ bytes: readFileSync(new URL(name, fixtures)), name }));
    const all = await together(run, files);
    expect(all.batches).toHaveLength(1);
    for (const [index, { bytes, name }] of files.entries()) {
      const alone = await feed(bytes, { name });
      const { failure, summary } = alone;
      const result = all.results[index];
      if (summary) expect(result, name).toEqual({ state: 'done', summary });
      else expect(result, name).toMatchObject({ state: 'failed', failure: { reason: failure?.reason } });
      const delivered = summary ? spansOf(alone.batches.map(({ body }) => body)) : [];
      expect(spansOfFile(index, all), name).toEqual(delivered);
    }
  });

  test('have all spans of a file in one batch, and batches as full as that allows', async () => {
    const files = Array.from({ length: 40 }, (_, i) => file(spans(1 + (i % 7), 100)));
    const all = await together(run, files, { maxBatchBytes: 3000 });
    const shared = all.batches.flatMap(({ shares }) => shares.map((share) => share.file));
    expect(shared).toEqual(files.map((_each, index) => index));
    for (const { body, shares, spans: count } of all.batches) {
      expect(body.length).toBeLessThanOrEqual(3000);
      expect(spansOf([body])).toHaveLength(count);
      expect(shares.reduce((sum, share) => sum + share.spans, 0)).toBe(count);
    }
    for (const { body } of all.batches.slice(0, -1)) expect(body.length).toBeGreaterThan(3000 - 7 * 150);
    expect(all.batches.map(({ index }) => index)).toEqual(all.batches.map((_each, index) => index));
  });

  test('leave nothing of a file behind that breaks off, however many spans came before', async () => {
    const broken = `${spans(20, 100)}\n{"resourceSpans":[{"scopeSpans":[{"spans":[${spanText()},`;
    const all = await together(run, [file(spans(2, 10)), file(broken), file(gzipSync(broken).subarray(0, 200)), file(spans(3, 10))]);
    expect(all.results.map(({ state }) => state)).toEqual(['done', 'failed', 'failed', 'done']);
    expect(all.results[1]).toMatchObject({ failure: { reason: 'Truncated' } });
    expect(all.batches).toMatchObject([
      {
        shares: [
          { file: 0, from: 0, spans: 2, summary: { spans: 2 } },
          { file: 3, from: 2, spans: 3, summary: { spans: 3 } },
        ],
      },
    ]);
    expect(spansOf(all.batches.map(({ body }) => body))).toHaveLength(5);
  });

  test('are told apart from one that does not fit into a batch', async () => {
    const large = spans(50, 100);
    const all = await together(run, [file(spans(2, 10)), file(large), file(gzipSync(large)), file(spans(1, 10))], { maxBatchBytes: 3000 });
    expect(all.results.map(({ state }) => state)).toEqual(['done', 'large', 'large', 'done']);
    expect(all.batches.flatMap(({ shares }) => shares.map((share) => share.file))).toEqual([0, 3]);
    expect(spansOf(all.batches.map(({ body }) => body))).toHaveLength(3);
  });

  test('without a file make no batch, and files without spans have no share', async () => {
    expect(await together(run, [])).toEqual({ results: [], batches: [], decoded: [] });
    const all = await together(run, [file('{}'), file(''), file(documentOf(spanText({ traceId: `"${'0'.repeat(32)}"` })))]);
    expect(all.batches).toEqual([]);
    expect(all.results).toMatchObject([
      { state: 'done', summary: { spans: 0 } },
      { state: 'failed', failure: { reason: 'EmptyFile' } },
      { state: 'done', summary: { spans: 0, rejectedSpans: 1 } },
    ]);
  });

  test('have nothing of the file before in them, also where they are empty', async () => {
    const marked = file(`\ufeff${spans(3, 10)}`);
    const all = await together(run, [marked, file(''), file(new Uint8Array([0xef])), marked, file(gzipSync(''))]);
    expect(all.results.map((result) => (result.state === 'failed' ? result.failure.reason : result.state))).toEqual([
      'done',
      'EmptyFile',
      'NotATraceFile',
      'done',
      'EmptyFile',
    ]);
  });

  test('mean the same whatever stands before them, and whatever surrounds their spans', async () => {
    const seed = 20_261_127;
    const random = randomFrom(seed);
    const files = Array.from({ length: 150 }, () => {
      const content = random.chance(0.3) ? monocleJson(random) : otlpJson(random);
      const broken = random.chance(0.3) ? mutate(random, Buffer.from(content)) : Buffer.from(content);
      return file(random.chance(0.2) ? gzipSync(broken) : broken);
    });
    const all = await together(run, files, { maxBatchBytes: 20_000 });
    for (const [index, { bytes }] of files.entries()) {
      const alone = await feed(bytes, { settings: { maxBatchBytes: 20_000 } });
      const result = all.results[index];
      if (result?.state === 'large') expect(alone.summary?.batches, `file ${index} of seed ${seed}`).not.toBe(1);
      else expect(result?.state, `file ${index} of seed ${seed}`).toBe(alone.summary ? 'done' : 'failed');
      const delivered = result?.state === 'done' ? spansOf(alone.batches.map(({ body }) => body)) : [];
      expect(spansOfFile(index, all), `file ${index} of seed ${seed}`).toEqual(delivered);
      if (result?.state === 'done') expect(result.summary).toEqual(alone.summary);
    }
  });

  test('end with what their taker throws', async () => {
    const refuse = () => {
      throw new Error('not now');
    };
    await expect(run([file(spans(2, 10))], defaultSettings, refuse)).rejects.toThrow('not now');
  });

  test('stop when they are told to', async () => {
    const stop = new AbortController();
    const files = Array.from({ length: 10 }, () => file(spans(20, 100)));
    const take = () => stop.abort(new Error('enough'));
    await expect(run(files, { ...defaultSettings, maxBatchBytes: 4000 }, take, stop.signal)).rejects.toThrow('enough');
  });
});

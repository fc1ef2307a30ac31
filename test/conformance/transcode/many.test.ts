import { readdirSync, readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { defaultSettings, type FileResult, type Settings, type SharedBatch, type SmallFile } from '../../../src/transcode/port.ts';
import { createPool } from '../../../src/transcode/threads/pool.ts';
import { spansOf } from '../../support/traces/decode.ts';
import { documentOf, spanText } from '../../support/traces/documents.ts';
import { feed } from '../../support/traces/feed.ts';

const pool = createPool({ threads: 1 });
afterAll(() => pool.close());

type Together = { readonly results: readonly FileResult[]; readonly batches: readonly Omit<SharedBatch, 'release'>[] };

async function together(files: readonly SmallFile[], settings: Partial<Settings> = {}): Promise<Together> {
  const batches: Omit<SharedBatch, 'release'>[] = [];
  const results = await pool.transcodeMany(files, { ...defaultSettings, ...settings }, ({ index, body, spans, shares }) => {
    batches.push({ index, body: Uint8Array.from(body), spans, shares });
  });
  return { results, batches };
}

/** The spans of one file, found in the batches by its shares. */
const spansOfFile = (file: number, { batches }: Together) =>
  batches.flatMap(({ body, shares }) =>
    shares.filter((share) => share.file === file).flatMap(({ from, spans }) => spansOf([body]).slice(from, from + spans)),
  );

const file = (content: string | Uint8Array): SmallFile => ({ bytes: typeof content === 'string' ? Buffer.from(content) : content });
const spans = (count: number, nameLength: number): string =>
  documentOf(...Array.from({ length: count }, () => spanText({ name: `"${'x'.repeat(nameLength)}"` })));

const fixtures = new URL('../../fixtures/traces/', import.meta.url);
const names = readdirSync(fixtures).filter((name) => !name.includes('.expected.'));

describe('many small files', () => {
  test('end as each would alone, and share batches', async () => {
    const files = names.map((name) => ({ bytes: readFileSync(new URL(name, fixtures)), name }));
    const all = await together(files);
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
    const all = await together(files, { maxBatchBytes: 3000 });
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
    const all = await together([file(spans(2, 10)), file(broken), file(gzipSync(broken).subarray(0, 200)), file(spans(3, 10))]);
    expect(all.results.map(({ state }) => state)).toEqual(['done', 'failed', 'failed', 'done']);
    expect(all.results[1]).toMatchObject({ failure: { reason: 'Truncated' } });
    expect(all.batches.map(({ shares }) => shares)).toEqual([
      [
        { file: 0, from: 0, spans: 2 },
        { file: 3, from: 2, spans: 3 },
      ],
    ]);
  });

  test('are told apart from one that does not fit into a batch', async () => {
    const large = spans(50, 100);
    const all = await together([file(spans(2, 10)), file(large), file(gzipSync(large)), file(spans(1, 10))], { maxBatchBytes: 3000 });
    expect(all.results.map(({ state }) => state)).toEqual(['done', 'large', 'large', 'done']);
    expect(spansOfFile(1, all)).toEqual([]);
    expect(all.batches).toHaveLength(1);
  });

  test('without a file make no batch, and files without spans have no share', async () => {
    expect(await together([])).toEqual({ results: [], batches: [] });
    const all = await together([file('{}'), file(''), file(documentOf(spanText({ traceId: `"${'0'.repeat(32)}"` })))]);
    expect(all.batches).toEqual([]);
    expect(all.results).toMatchObject([
      { state: 'done', summary: { spans: 0 } },
      { state: 'failed', failure: { reason: 'EmptyFile' } },
      { state: 'done', summary: { spans: 0, rejectedSpans: 1 } },
    ]);
  });

  test('end with what their taker throws', async () => {
    const refuse = () => {
      throw new Error('not now');
    };
    await expect(pool.transcodeMany([file(spans(2, 10))], defaultSettings, refuse)).rejects.toThrow('not now');
  });

  test('stop when they are told to', async () => {
    const stop = new AbortController();
    const files = Array.from({ length: 10 }, () => file(spans(20, 100)));
    const take = () => stop.abort(new Error('enough'));
    await expect(pool.transcodeMany(files, { ...defaultSettings, maxBatchBytes: 4000 }, take, stop.signal)).rejects.toThrow('enough');
  });
});

import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { plainEngine } from '../../../src/transcode/engine.ts';
import { defaultSettings } from '../../../src/transcode/port.ts';
import { transcode, transcoder } from '../../../src/transcode/transcode.ts';
import { requestType, spansOf } from '../../support/traces/decode.ts';
import { documentOf, spanText, traceId } from '../../support/traces/documents.ts';
import { feed, inputOf } from '../../support/traces/feed.ts';

const long = (length: number): string => `"${'x'.repeat(length)}"`;
const spans = (count: number, nameLength = 100): string =>
  Array.from({ length: count }, (_each, index) =>
    spanText({ spanId: `"${(index + 1).toString(16).padStart(16, '0')}"`, name: long(nameLength) }),
  ).join(',');

const resource = '"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"shop"}}]},"schemaUrl":"https://r"';
const scope = '"scope":{"name":"lib"},"schemaUrl":"https://s"';
const headersFirst = (body: string): string => `{"resourceSpans":[{${resource},"scopeSpans":[{${scope},"spans":[${body}]}]}]}`;
const headersLast = (body: string): string => `{"resourceSpans":[{"scopeSpans":[{"spans":[${body}],${scope}}],${resource}}]}`;

const around = { resource: { attributes: [{ key: 'service.name', value: { stringValue: 'shop' } }] }, schemaUrl: 'https://r' };
const inner = { scope: { name: 'lib' }, schemaUrl: 'https://s' };

describe('batches', () => {
  test('are as full as the limit allows, headers included, to the byte', async () => {
    const { batches, summary } = await feed(headersFirst(spans(500)), { settings: { maxBatchBytes: 5000 } });
    const spanBytes = (batches[0]?.body.length ?? 0) / (batches[0]?.spans ?? 1);
    for (const { body } of batches) expect(body.length).toBeLessThanOrEqual(5000);
    for (const { body } of batches.slice(0, -1)) expect(body.length).toBeGreaterThan(5000 - spanBytes);
    expect(batches.map(({ index }) => index)).toEqual(batches.map((_each, index) => index));
    expect(summary).toMatchObject({ spans: 500, batches: batches.length });
  });

  test('are the same whatever the chunks, and on every run', async () => {
    const content = [headersFirst(spans(300)), headersLast(spans(300))].join('\n');
    const expected = await feed(content, { settings: { maxBatchBytes: 3000 } });
    for (const chunk of [1, 7, 4096, 100_000]) expect(await feed(content, { chunk, settings: { maxBatchBytes: 3000 } })).toEqual(expected);
  });

  test.each([
    ['plain', (text: string) => Buffer.from(text)],
    ['gzip', (text: string) => gzipSync(text)],
    ['zstd', (text: string) => zstdCompressSync(Buffer.from(text))],
  ])(
    'carry headers that come behind their spans, in a %s file larger than the window',
    async (_how, pack) => {
      const content = [headersLast(spans(12_000, 900)), headersLast(spans(12_000, 900))].join('\n');
      expect(content.length).toBeGreaterThan(20_000_000);
      const { batches, summary, failure } = await feed(pack(content));
      expect(failure).toBeUndefined();
      expect(summary).toMatchObject({ spans: 24_000, services: ['shop'], warnings: [] });
      expect(batches.length).toBeGreaterThan(4);
      for (const { body } of batches) {
        const { resourceSpans } = requestType.toObject(requestType.decode(body)) as { resourceSpans: Record<string, unknown>[] };
        for (const group of resourceSpans) expect(group).toMatchObject(around);
        for (const group of resourceSpans) expect((group.scopeSpans as unknown[])[0]).toMatchObject(inner);
      }
    },
    60_000,
  );

  test('carry the headers of every scope of a resource that comes last', async () => {
    const scopes = Array.from({ length: 40 }, (_each, index) => `{"spans":[${spans(60)}],"scope":{"name":"lib-${index}"}}`);
    const content = `{"resourceSpans":[{"scopeSpans":[${scopes.join(',')}],${resource}}]}`;
    const expected = spansOf((await feed(content)).batches.map(({ body }) => body));
    const small = await feed(content, { settings: { maxBatchBytes: 3000 } });
    expect(spansOf(small.batches.map(({ body }) => body))).toEqual(expected);
    expect(expected[2399]).toMatchObject({ around, inner: { scope: { name: 'lib-39' } } });
  });

  test('carry all headers wherever a batch ends: at a span, behind a scope, behind a resource', async () => {
    const scopes = Array.from({ length: 8 }, (_each, index) => `{"spans":[${spans(1 + index)}],"scope":{"name":"lib-${index}"}}`);
    const group = `{"scopeSpans":[${scopes.join(',')}],${resource}}`;
    const content = `{"resourceSpans":[${group},${group}]}`;
    const expected = spansOf((await feed(content)).batches.map(({ body }) => body));
    for (let maxBatchBytes = 400; maxBatchBytes < 2_000; maxBatchBytes += 5) {
      const small = await feed(content, { settings: { maxBatchBytes } });
      for (const { body } of small.batches) expect(body.length).toBeLessThanOrEqual(maxBatchBytes);
      expect(spansOf(small.batches.map(({ body }) => body))).toEqual(expected);
    }
  });

  test.each([
    ['a scope header that is larger than any batch', [[110, 90_000]], 6_000_000, 4_194_304],
    ['one that is larger than what stands behind the arena', [[400, 700]], 700_000, 100_000],
    [
      'one that fits with the fewest spans only',
      [
        [400, 700],
        [3, 20],
      ],
      99_000,
      100_000,
    ],
    ['spans too many to count one by one', [[20_000, 20]], 5_000_000, 4_194_304],
  ] as const)(
    'leave out what does not fit with %s, behind the spans',
    async (_which, scopes, name, maxBatchBytes) => {
      const [first, ...others] = scopes.map(([count, length]) => spans(count, length));
      const content = `{"resourceSpans":[{"scopeSpans":[{"spans":[${first}],"scope":{"name":${long(name)}}}${others.map((each) => `,{"spans":[${each}]}`).join('')}]}]}`;
      const count = scopes.reduce((sum, [spansOfScope]) => sum + spansOfScope, 0);
      for (const run of [transcode, transcoder(plainEngine)]) {
        const { summary, batches, failure } = await feed(content, { settings: { maxBatchBytes }, with: run });
        expect(failure).toBeUndefined();
        expect((summary?.spans ?? 0) + (summary?.rejectedSpans ?? 0)).toBe(count);
        expect(spansOf(batches.map(({ body }) => body))).toHaveLength(summary?.spans ?? -1);
        for (const { body, spans: inBatch } of batches) {
          expect(body.length).toBeLessThanOrEqual(maxBatchBytes);
          expect(inBatch).toBeGreaterThan(0);
        }
      }
    },
    30_000,
  );

  test.each([
    [8, 280, 1_300, 1_000],
    [10, 320, 50, 3_000],
  ])('keep %d spans of a scope where the next one has none that fits', async (count, length, other, name) => {
    const scopes = [`{${scope},"spans":[${spans(count, length)}]}`, `{"spans":[${spans(1, other)}],"scope":{"name":${long(name)}}}`];
    const content = `{"resourceSpans":[{"scopeSpans":[${scopes}],"resource":{"attributes":[{"key":${long(2_000)},"value":{}}]}}]}`;
    for (const run of [transcode, transcoder(plainEngine)]) {
      const { summary, batches } = await feed(content, { settings: { maxBatchBytes: 4_096 }, with: run });
      expect(summary).toMatchObject({ spans: count, rejectedSpans: 1 });
      const all = spansOf(batches.map(({ body }) => body));
      expect(all).toHaveLength(count);
      for (const each of all) expect(each).toMatchObject({ inner });
    }
  });

  test('are full to the byte where a large resource was taken back for a small one', async () => {
    const attribute = (length: number) => `"resource":{"attributes":[{"key":"k","value":{"stringValue":${long(length)}}}]}`;
    const scopes = (count: number, name: number) => `"scopeSpans":[{"spans":[${spans(count, 700)}],"scope":{"name":${long(name)}}}]`;
    for (const name of [10, 90_000]) {
      const content = `{"resourceSpans":[{${attribute(700_000)},${scopes(400, 1)},${attribute(10)},${scopes(1_500, name)}}]}`;
      const { summary, batches, failure } = await feed(content, { settings: { maxBatchBytes: 1_000_000 } });
      expect(failure).toBeUndefined();
      expect(summary).toMatchObject({ spans: 1_900, rejectedSpans: 0 });
      expect(batches).toHaveLength(2);
    }
  });

  test('are the same bytes whoever read a header: the fast kernel, the lenient one, or a look ahead', async () => {
    const named = '"resource":{"attributes":[{"key":"","value":{"stringValue":""}}]},"schemaUrl":""';
    const group = `{"scopeSpans":[{"spans":[${spans(40)}],"scope":{"name":"","version":"1"}}],${named}}`;
    for (const maxBatchBytes of [1_000, 3_000, 4_194_304]) {
      const [one, other] = await Promise.all(
        [transcode, transcoder(plainEngine)].map((run) => feed(`${group}\n${group}\n${group}`, { settings: { maxBatchBytes }, with: run })),
      );
      expect(one?.batches.map(({ body }) => Buffer.from(body))).toEqual(other?.batches.map(({ body }) => Buffer.from(body)));
      expect(one?.summary?.spans).toBe(120);
    }
  });

  test('carry the last one where a resource stands before its spans and behind them', async () => {
    const content = `{"resourceSpans":[{"resource":{},"scopeSpans":[{${scope},"spans":[${spans(40)}]}],${resource}}]}`;
    for (const maxBatchBytes of [1_000, 4_194_304]) {
      const { batches } = await feed(content, { settings: { maxBatchBytes } });
      const all = spansOf(batches.map(({ body }) => body));
      expect(all).toHaveLength(40);
      for (const span of all) expect(span).toMatchObject({ around, inner });
    }
  });

  test('leave out a span that fits no batch, and go on', async () => {
    const content = documentOf(spanText(), spanText({ name: long(5000) }), spanText());
    const { summary } = await feed(content, { settings: { maxBatchBytes: 4000 } });
    expect(summary).toMatchObject({ spans: 2, rejectedSpans: 1, rejected: [{ reason: 'SpanTooLarge', line: 1 }] });
  });

  test('leave out a span that is larger than any window', async () => {
    const content = documentOf(spanText(), spanText({ name: long(9_000_000) }), spanText());
    const { summary } = await feed(content, { settings: { maxBatchBytes: 4000 } });
    expect(summary).toMatchObject({ spans: 2, rejectedSpans: 1, rejected: [{ reason: 'SpanTooLarge' }] });
  });

  test('hold no more than the limit when a large resource comes late', async () => {
    const large = `"resource":{"attributes":[{"key":"k","value":{"stringValue":${long(2000)}}}]}`;
    const content = `{"resourceSpans":[{"scopeSpans":[{"spans":[${spans(100)}]}],${large}}]}`;
    const { summary, batches } = await feed(content, { settings: { maxBatchBytes: 3000 } });
    expect(summary).toMatchObject({ spans: 100, rejectedSpans: 0 });
    for (const { body } of batches) expect(body.length).toBeLessThanOrEqual(3000);
  });
});

describe('traces, times and places', () => {
  test('are told exactly', async () => {
    const content = documentOf(
      spanText({ startTimeUnixNano: '"5"', endTimeUnixNano: '"9007199254740993"' }),
      spanText({ traceId: `"${traceId.replace('5', '6')}"`, startTimeUnixNano: '"3"', endTimeUnixNano: '"4"' }),
      spanText(),
    );
    expect((await feed(content)).summary).toMatchObject({ traces: 2, firstSpanTime: 3n, lastSpanTime: 9007199254740993n });
  });
});

describe('an end before the end', () => {
  test('a slow taker holds the reading back', async () => {
    let read = 0;
    const content = Buffer.from(headersFirst(spans(40_000, 900)));
    async function* slow(): AsyncGenerator<Uint8Array> {
      for (let at = 0; at < content.length; at += 65_536) {
        read = Math.min(content.length, at + 65_536);
        yield content.subarray(at, at + 65_536);
      }
    }
    const reads: number[] = [];
    await transcode({ open: slow }, defaultSettings, () => {
      reads.push(read);
    });
    expect(reads.length).toBeGreaterThan(5);
    expect(reads[0]).toBeLessThan(12 * 1024 * 1024);
  });

  test('an abort ends a read that never answers, and closes it', async () => {
    const abort = new AbortController();
    let closed = false;
    async function* silent(signal: AbortSignal): AsyncGenerator<Uint8Array> {
      try {
        yield Buffer.from('{"resourceSpans":[');
        await new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
      } finally {
        closed = true;
      }
    }
    const running = transcode({ open: (_from, signal) => silent(signal) }, defaultSettings, () => {}, abort.signal);
    abort.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(closed).toBe(true);
  });

  test.each([
    ['a taker that throws', Buffer.from(documentOf(spans(20_000, 900)))],
    ['a taker that throws over gzip', gzipSync(documentOf(spans(20_000, 900)))],
  ])('%s closes the file', async (_how, content) => {
    let open = 0;
    async function* counted(from: number): AsyncGenerator<Uint8Array> {
      open++;
      try {
        for (let at = from; at < content.length; at += 4096) yield content.subarray(at, at + 4096);
      } finally {
        open--;
      }
    }
    const refuse = (): void => {
      throw new Error('no more');
    };
    await expect(transcode({ open: counted }, defaultSettings, refuse)).rejects.toThrow('no more');
    expect(open).toBe(0);
    expect(process.getActiveResourcesInfo().filter((name) => /zlib|gunzip/i.test(name))).toEqual([]);
  });

  test('padding behind gzip is no content, even behind nothing', async () => {
    const padding = Buffer.alloc(300_000);
    expect((await feed(Buffer.concat([gzipSync(''), padding]))).failure?.reason).toBe('EmptyFile');
    expect((await feed(Buffer.concat([gzipSync(documentOf(spanText())), padding]))).summary?.spans).toBe(1);
  });

  test('a bomb is stopped', async () => {
    const bomb = gzipSync(Buffer.alloc(100_000_000, 0x20));
    expect((await feed(bomb)).failure?.reason).toBe('ExpansionLimit');
    expect((await feed(bomb, { settings: { maxExpansionRatio: 2000 } })).failure?.reason).toBe('EmptyFile');
  });

  test('a file whose headers come first is read once', async () => {
    const input = inputOf(headersFirst(spans(100)));
    const opened: number[] = [];
    const open: typeof input.open = (from, signal) => {
      opened.push(from);
      return input.open(from, signal);
    };
    await transcode({ open }, { ...defaultSettings, maxBatchBytes: 3000 }, () => {});
    expect(opened).toEqual([0]);
  });
});

import { describe, expect, test } from 'vitest';
import { requestType, spansOf } from '../../support/traces/decode.ts';
import { feed } from '../../support/traces/feed.ts';

const traceId = Buffer.from('5b8efff798038103d269b633813fc60c', 'hex');
const spanId = Buffer.from('eee19b7ec3c1b174', 'hex');
type Fields = Record<string, unknown>;

const span = (more: Fields = {}): Fields => ({ traceId, spanId, name: 'op', startTimeUnixNano: '5', endTimeUnixNano: '7', ...more });
const encode = (...spans: Fields[]): Buffer =>
  Buffer.from(requestType.encode(requestType.fromObject({ resourceSpans: [{ resource: {}, scopeSpans: [{ spans }] }] })).finish());

const only = async (content: Uint8Array): Promise<Fields> => {
  const { batches, failure, summary } = await feed(content);
  expect(failure).toBeUndefined();
  expect(summary?.rejected).toEqual([]);
  return (spansOf(batches.map(({ body }) => body))[0] as { span: Fields }).span;
};

const field = (number: number, content: Uint8Array): Buffer => {
  const head = Buffer.alloc(10);
  let at = 0;
  for (const part of [(number << 3) | 2, content.length]) {
    let rest = part;
    while (rest > 0x7f) {
      head[at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    head[at++] = rest;
  }
  return Buffer.concat([head.subarray(0, at), content]);
};

describe('protobuf input', () => {
  test('passes on byte for byte what needs no repair, unknown fields included', async () => {
    const message = Buffer.concat([
      field(1, traceId),
      field(2, spanId),
      field(5, Buffer.from('op')),
      field(200, Buffer.from('from the future')),
    ]);
    const scope = Buffer.concat([field(2, message), field(99, Buffer.from('also unknown'))]);
    const content = field(1, Buffer.concat([field(1, Buffer.alloc(0)), field(2, scope), field(77, Buffer.from('and this'))]));
    const { batches } = await feed(content);
    expect(Buffer.from(batches[0]?.body ?? []).toString('hex')).toBe(content.toString('hex'));
  });

  test('moves ScopeSpans of the old tag 1000 to 2', async () => {
    const scope = field(2, Buffer.concat([field(1, traceId), field(2, spanId)]));
    const { batches } = await feed(field(1, field(1000, scope)));
    expect(spansOf(batches.map(({ body }) => body))).toMatchObject([{ span: { traceId: traceId.toString('hex') } }]);
  });

  test('turns ids back that were hex and went through base64', async () => {
    const damaged = { traceId: Buffer.from(traceId.toString('hex'), 'base64'), spanId: Buffer.from(spanId.toString('hex'), 'base64') };
    expect(damaged.traceId).toHaveLength(24);
    const { batches, summary } = await feed(encode(span({ ...damaged, parentSpanId: damaged.spanId, links: [damaged] })));
    const ids = { traceId: traceId.toString('hex'), spanId: spanId.toString('hex') };
    expect(spansOf(batches.map(({ body }) => body))).toMatchObject([{ span: { ...ids, parentSpanId: ids.spanId, links: [ids] } }]);
    expect(summary?.warnings).toMatchObject([{ count: 5 }]);
  });

  test.each([
    [
      'a short trace id',
      { traceId: traceId.subarray(8) },
      'InvalidTraceId',
      'the trace id has 8 bytes at offset 10; accepted are 16 bytes',
    ],
    ['no trace id', { traceId: Buffer.alloc(0) }, 'InvalidTraceId', 'the trace id is empty or missing'],
    ['no span id', { spanId: Buffer.alloc(0) }, 'InvalidSpanId', 'the span id is empty or missing'],
    ['a long parent id', { parentSpanId: traceId }, 'InvalidSpanId', 'the parent span id has 16 bytes'],
  ])('%s fails the file', async (_what, fields, reason, message) => {
    expect((await feed(encode(span(fields)))).failure).toEqual({ reason, message: expect.stringContaining(message) });
  });

  test('an all-zero id rejects its span, a zero parent is a root', async () => {
    const { summary, batches } = await feed(encode(span({ spanId: Buffer.alloc(8) }), span({ parentSpanId: Buffer.alloc(8) })));
    expect(summary).toMatchObject({ spans: 1, rejectedSpans: 1 });
    expect(spansOf(batches.map(({ body }) => body))[0]).not.toHaveProperty('span.parentSpanId');
  });

  test('text that is not UTF-8 is repaired and counted', async () => {
    const content = encode(span({ name: 'aQb', attributes: [{ key: 'k', value: { stringValue: 'cQd' } }] }));
    for (let at = content.indexOf('Q'); at >= 0; at = content.indexOf('Q')) content[at] = 0xff;
    expect(await only(content)).toMatchObject({ name: 'a\ufffdb', attributes: [{ key: 'k', value: { stringValue: 'c\ufffdd' } }] });
  });

  test('a span that cannot be read is rejected, the others go on', async () => {
    const broken = Buffer.concat([field(1, traceId), field(2, spanId), field(9, Buffer.from([0x0a, 0x7f]))]);
    const sound = Buffer.concat([field(1, traceId), field(2, spanId)]);
    const content = field(1, field(2, Buffer.concat([field(2, broken), field(2, sound)])));
    expect((await feed(content)).summary).toMatchObject({ spans: 1, rejectedSpans: 1, rejected: [{ reason: 'InvalidSpan' }] });
  });

  test.each([1, 4, 5, 20, 60])('a file that lacks its last %d bytes is truncated', async (missing) => {
    const content = encode(span(), span({ name: 'another operation' }), span({ name: 'x'.repeat(100) }));
    expect((await feed(content.subarray(0, -missing))).failure?.reason).toBe('Truncated');
  });

  test('headers behind their spans are in every batch', async () => {
    const spans = Array.from({ length: 300 }, () =>
      field(2, Buffer.concat([field(1, traceId), field(2, spanId), field(5, Buffer.alloc(100, 0x78))])),
    );
    const scope = Buffer.concat([...spans, field(3, Buffer.from('https://s')), field(1, field(1, Buffer.from('lib')))]);
    const unnamed = field(1, field(1, field(1, Buffer.from('in two parts'))));
    const content = field(
      1,
      Buffer.concat([unnamed, field(2, scope), field(2, scope), field(3, Buffer.from('https://r')), field(1, Buffer.from([0x10, 3]))]),
    );
    const expected = {
      around: { resource: { attributes: [{ key: 'in two parts' }], droppedAttributesCount: 3 }, schemaUrl: 'https://r' },
      inner: { scope: { name: 'lib' }, schemaUrl: 'https://s' },
    };
    for (let maxBatchBytes = 3_000; maxBatchBytes < 3_200; maxBatchBytes += 5) {
      const { batches, summary } = await feed(content, { settings: { maxBatchBytes } });
      expect(summary?.spans).toBe(600);
      const all = spansOf(batches.map(({ body }) => body));
      expect(all).toHaveLength(600);
      for (const each of all) expect(each).toMatchObject(expected);
      for (const { body } of batches) expect(body.length).toBeLessThanOrEqual(maxBatchBytes);
    }
  });

  test.each([
    ['before the spans', (head: Uint8Array, spans: readonly Uint8Array[]) => [head, ...spans]],
    ['behind the spans', (head: Uint8Array, spans: readonly Uint8Array[]) => [...spans, head]],
  ])('headers of large scopes that a look ahead passes are taken once: %s', async (_where, around) => {
    const spans = (count: number, size: number) =>
      Array.from({ length: count }, () =>
        field(2, Buffer.concat([field(1, traceId), field(2, spanId), field(5, Buffer.alloc(size, 0x78))])),
      );
    const attribute = (key: string) => field(3, field(1, Buffer.from(key)));
    const scope = (key: string, count: number, size: number) =>
      field(2, Buffer.concat(around(field(1, attribute(key)), spans(count, size))));
    const resource = field(1, field(1, field(1, Buffer.from('of all'))));
    const content = field(
      1,
      Buffer.concat([scope('of the first', 60, 20_000), scope('of the second', 400, 2_000), scope('of the third', 1, 2_000_000), resource]),
    );
    for (const maxBatchBytes of [30_000, 500_000, 4_194_304]) {
      const { batches, summary } = await feed(content, { settings: { maxBatchBytes } });
      expect(summary).toMatchObject({ spans: maxBatchBytes > 2_000_000 ? 461 : 460 });
      const all = spansOf(batches.map(({ body }) => body)) as { around: Fields; inner: Fields }[];
      expect(all.map((each) => each.around)).toEqual(all.map(() => ({ resource: { attributes: [{ key: 'of all' }] } })));
      expect(all.slice(0, 460).map((each) => each.inner)).toEqual([
        ...Array(60).fill({ scope: { attributes: [{ key: 'of the first' }] } }),
        ...Array(400).fill({ scope: { attributes: [{ key: 'of the second' }] } }),
      ]);
    }
  });
});

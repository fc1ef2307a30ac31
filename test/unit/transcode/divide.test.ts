import { describe, expect, test } from 'vitest';
import { divide } from '../../../src/transcode/batch/divide.ts';
import { fieldOf } from '../../../src/transcode/wire/writer.ts';
import { random, seedOf } from '../../support/random.ts';
import { encodedAnew, requestType, spansOf } from '../../support/traces/decode.ts';

describe('a request that is too large', () => {
  const attribute = (value: string) => ({ attributes: [{ key: 'service.name', value: { stringValue: value } }] });
  const seed = seedOf();
  const { int } = random(seed);
  const names = Array.from({ length: 12 }, (_, i) => `${i} `.padEnd(2 + int(i % 3 === 0 ? 300 : 40), 'x'));
  const scope = (...spans: string[]) => ({ scope: { name: 'openai' }, spans: spans.map((name) => ({ name })), schemaUrl: 'https://s' });
  const request = requestType
    .encode({
      resourceSpans: [
        { resource: attribute('cart'), scopeSpans: [scope(...names.slice(0, 3)), scope(...names.slice(3, 8))], schemaUrl: 'https://r' },
        { resource: attribute('checkout'), scopeSpans: [scope(...names.slice(8))] },
      ],
    })
    .finish();

  test(`is divided after as many spans as fit, each part with its headers (seed ${seed})`, () => {
    const all = spansOf([request]);
    for (let limit = 0; limit <= request.length; limit++) {
      const { parts, dropped } = divide(request, limit);
      const bodies = parts.map(({ body }) => body);
      const left = spansOf(bodies);
      expect(parts.map(({ spans }) => spans)).toEqual(bodies.map((body) => spansOf([body]).length));
      expect(left.length + dropped).toBe(all.length);
      if (dropped === 0) expect(left).toEqual(all);
      for (const body of bodies) {
        expect(body.length).toBeLessThanOrEqual(limit);
        expect(Buffer.compare(body, encodedAnew(body))).toBe(0);
      }
    }
    expect(divide(request, request.length)).toEqual({ parts: [{ body: Buffer.from(request), spans: 12 }], dropped: 0, hasLastScope: true });
    const [first, second] = divide(request, request.length - 1).parts;
    expect([first?.spans, second?.spans]).toEqual([11, 1]);
  });

  test('is divided in a time that grows with its size, also where its header fits into no part', () => {
    const span = { name: 'x'.repeat(20) };
    const many = (count: number, name: string) =>
      requestType.encode({ resourceSpans: [{ scopeSpans: [{ scope: { name }, spans: Array(count).fill(span) }] }] }).finish();
    expect(divide(many(100_000, 'y'.repeat(1_000_000)), 900_000)).toMatchObject({ parts: [], dropped: 100_000 });
    expect(divide(many(100_000, 'y'), 1_000_000).parts.reduce((sum, { spans }) => sum + spans, 0)).toBe(100_000);
  }, 10_000);

  test('has a first part that is smaller, and perhaps empty, where it continues a batch', () => {
    const all = spansOf([request]);
    for (let roomInFirst = 0; roomInFirst <= 500; roomInFirst += 5) {
      const { parts, dropped } = divide(request, 1_000, roomInFirst);
      expect(dropped).toBe(0);
      expect(parts[0]?.body.length).toBeLessThanOrEqual(roomInFirst);
      expect(spansOf(parts.map(({ body }) => body))).toEqual(all);
    }
    expect(divide(request, 1_000, 0).parts[0]).toEqual({ body: Buffer.alloc(0), spans: 0 });
  });

  test('keeps what is unknown beside its spans in every part', () => {
    const field = (tag: number, ...content: Uint8Array[]) => fieldOf(tag, Buffer.concat(content));
    const spans = [1, 2, 3].map(() => field(0x12, field(0x2a, Buffer.alloc(50, 0x78))));
    const [unknown, varint] = [field(0x7a, Buffer.from('of later')), Buffer.of(0x10, 0x05)];
    const body = field(0x0a, unknown, field(0x12, varint, ...spans, unknown), varint);
    const { parts } = divide(body, 100);
    expect(parts).toHaveLength(3);
    for (const part of parts)
      expect(Buffer.compare(part.body, field(0x0a, unknown, field(0x12, varint, spans[0]!, unknown), varint))).toBe(0);
  });
});

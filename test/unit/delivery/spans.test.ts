import { expect, test } from 'vitest';
import { cut, indexSpans, nameOf } from '../../../src/delivery/spans.ts';
import { decodeSpans, requestWithSpans, spanId, TRACE_ID } from '../../support/collector-proto.ts';

const body = requestWithSpans(0, 97);
const all = decodeSpans(body);
const index = indexSpans(body);

test('every span is found, in order, without decoding', () => {
  expect(index).toHaveLength(97);
  expect(index.map(nameOf)).toEqual(all.map(({ id }) => `span ${id} of trace ${TRACE_ID}`));
});

test('any cut is a request of its own, with its spans under the heads they had', () => {
  for (let from = 0; from < 97; from += 8) {
    for (let to = from + 1; to <= 97; to += 13) expect(decodeSpans(cut(index, from, to))).toEqual(all.slice(from, to));
  }
});

test('a cut of everything is the same request, but for the order of its fields', () => {
  const whole = cut(index, 0, 97);
  expect(whole).toHaveLength(body.length);
  expect(decodeSpans(whole)).toEqual(all);
});

test('an empty request has no spans', () => {
  expect(indexSpans(new Uint8Array())).toEqual([]);
});

test.each([
  ['a length beyond the end', [0x0a, 0x7f, 0x00]],
  ['a tag without a value', [0x0a]],
  ['a varint without an end', Array(12).fill(0xff)],
  ['a group, which OTLP never has', [0x0b]],
])('%s is not cut but complained about', (_sentence, bytes) => {
  expect(() => indexSpans(Uint8Array.from(bytes))).toThrow(RangeError);
});

test('spans are told apart by their ids', () => {
  expect(nameOf(index[4]!)).toContain(spanId(4));
});

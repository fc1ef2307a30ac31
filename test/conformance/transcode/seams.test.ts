import { describe, expect, test } from 'vitest';
import { plainEngine } from '../../../src/transcode/engine.ts';
import type { CreateEngine } from '../../../src/transcode/kernel.ts';
import { transcoder } from '../../../src/transcode/transcode.ts';
import { createWasmEngine } from '../../../src/transcode/wasm/engine.ts';
import { spanText } from '../../support/traces/documents.ts';
import { feed } from '../../support/traces/feed.ts';

/** The text between the spans of one export and those of the next is not walked again where it repeats. Here it either repeats or does not. */
type Blank = (index: number) => string;
const repeats: Blank = () => '';
/** No text is like the one before it. */
const never: Blank = (index) => ' '.repeat(index % 2);

const count = 120;
const each = (make: (index: number) => string, between: string) => Array.from({ length: count }, (_, index) => make(index)).join(between);

const times = { startTimeUnixNano: '"1750000000000000001"', endTimeUnixNano: '"1750000000250000003"' };
const spans = (index: number) =>
  Array.from({ length: 1 + (index % 2) }, (_, i) =>
    spanText({ spanId: `"${(index * 8 + i + 1).toString(16).padStart(16, '0')}"`, name: `"${'x'.repeat(40 + (index % 3))}"`, ...times }),
  ).join(',');

const resource = (service = 'shop') => `"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"${service}"}}]}`;
const scope = (name = 'lib') => `"scope":{"name":"${name}"}`;
const url = '"schemaUrl":"https://opentelemetry.io/schemas/1.34.0"';
const group = (blank: string, of: string, head = resource(), behind = url) =>
  `{${blank}${head},"scopeSpans":[{${scope()},"spans":[${of}],"schemaUrl":"https://scope"}],${behind}}`;
const lines = (blank: Blank, more: (index: number) => string = () => '') =>
  each((i) => `{"resourceSpans":[${group(blank(i), spans(i))}]${more(i)}}`, '\n');

const files: readonly [sentence: string, text: (blank: Blank) => string][] = [
  ['exports in one document', (blank) => `{"resourceSpans":[${each((i) => group(blank(i), spans(i)), ',')}]}`],
  ['documents on lines', lines],
  ['documents with a log prefix', (blank) => lines(blank).replaceAll('\n', '\nlogger: ')],
  ['documents in a row', (blank) => lines(blank).replaceAll('\n', '')],
  ['an array of documents', (blank) => `[${lines(blank).replaceAll('\n', ',')}]`],
  ['arrays within arrays', (blank) => `${each((i) => group(blank(i), spans(i)), ',[').replace('{', '[{')}${']'.repeat(count)}`],
  [
    'headers behind their spans',
    (blank) => each((i) => `{"scopeSpans":[{${blank(i)}"spans":[${spans(i)}],${scope()},${url}}],${resource()},${url}}`, '\n'),
  ],
  ['a schema URL before the spans', (blank) => each((i) => group(blank(i), spans(i), `${url},${resource()}`, '"x":1'), '\n')],
  ['a service that changes', (blank) => each((i) => group(blank(i), spans(i), resource(i % 10 < 5 ? 'shop' : 'cart')), '\n')],
  [
    'another schema URL at times',
    (blank) => each((i) => group(blank(i), spans(i), resource(), i % 9 === 8 ? '"schemaUrl":"x"' : url), '\n'),
  ],
  ['two scopes in each resource', (blank) => each((i) => group(blank(i), `${spans(i)}]},{${scope('b')},"spans":[${spans(i)}`), '\n')],
  [
    'many scopes in one resource',
    (blank) => `{${resource()},"scopeSpans":[${each((i) => `{${blank(i)}${scope()},"spans":[${spans(i)}]}`, ',')}]}`,
  ],
  ['arrays without spans between', (blank) => each((i) => group(blank(i), i % 6 === 5 ? '' : spans(i)), '\n')],
  ['an array that has none in each', (blank) => each((i) => `${group(blank(i), spans(i))}${group('', '')}`, '\n')],
  ['spans that are rejected', (blank) => lines(blank).replaceAll(/"spanId":"0000000000000[0-9]0/g, '"spanId":"0000000000000000')],
  ['logs beside the spans', (blank) => lines(blank, () => ',"resourceLogs":[{"scopeLogs":[{"logRecords":[{}]}]}]')],
  ['what is unknown beside the spans', (blank) => lines(blank, () => '}{"x":1')],
  ['a header that appears twice', (blank) => each((i) => group(blank(i), spans(i), `${resource('a')},${resource('b')}`), '\n')],
  ['an end that is cut off', (blank) => lines(blank).slice(0, -9)],
  ['a bracket too many', (blank) => `${lines(blank)}\n{"resourceSpans":[${group('', spans(1))}]]}`],
];

const engines: readonly [which: string, create: CreateEngine][] = [
  ['fast', createWasmEngine],
  ['plain', plainEngine],
];

describe.each(engines)('what repeats between spans means what it means alone, with the %s engine:', (_which, create) => {
  test.each(files)('%s', async (_sentence, text) => {
    for (const [chunk, maxBatchBytes] of [
      [65_536, 4_194_304],
      [1_000, 3_000],
      [65_536, 701],
    ] as const) {
      const all = { with: transcoder(create), chunk, settings: { maxBatchBytes } };
      const [one, other] = [await feed(text(repeats), all), await feed(text(never), all)];
      const told = ({ summary, failure }: typeof one) => ({
        ...summary,
        bytes: 0,
        rejected: summary?.rejected.map(({ reason, line }) => ({ reason, line })),
        warnings: summary?.warnings.map(({ message, count: times }) => ({ message, times })),
        failure: failure?.message.replaceAll(/\d+/g, 'n'),
      });
      expect(told(one)).toEqual(told(other));
      for (const { body } of one.batches) expect(body.length).toBeLessThanOrEqual(maxBatchBytes);
      expect(one.batches.map(({ body }) => Buffer.from(body).toString('latin1'))).toEqual(
        other.batches.map(({ body }) => Buffer.from(body).toString('latin1')),
      );
    }
  });
});

test('headers that repeat are read a few times, not each time, and the kernel goes through the documents in a few calls', async () => {
  let headers = 0;
  let calls = 0;
  const counting: CreateEngine = (sizes) => {
    const { buffers, fast } = createWasmEngine(sizes);
    if (!fast) throw new Error('this runtime has no WebAssembly SIMD');
    const header: typeof fast.header = (...given) => {
      headers++;
      return fast.header(...given);
    };
    const runs: typeof fast.spans = (...given) => {
      calls++;
      return fast.spans(...given);
    };
    return { buffers, fast: { ...fast, header, spans: runs } };
  };
  const { summary } = await feed(lines(repeats), { with: transcoder(counting) });
  expect(summary?.spans).toBe(count * 1.5);
  expect(headers).toBeLessThan(10);
  expect(calls).toBeLessThan(10);
});

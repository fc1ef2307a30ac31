import { describe, expect, test } from 'vitest';
import { type Json, spansOf } from '../../support/traces/decode.ts';
import { documentOf, spanText, traceId, withValue } from '../../support/traces/documents.ts';
import { feed } from '../../support/traces/feed.ts';

const base64 = (hex: string): string => Buffer.from(hex, 'hex').toString('base64');
const url = (text: string): string => text.replaceAll('+', '-').replaceAll('/', '_');

async function firstSpan(content: string | Uint8Array): Promise<Record<string, Json>> {
  const { batches, summary, failure } = await feed(content);
  expect(failure).toBeUndefined();
  expect(summary?.rejected).toEqual([]);
  return (spansOf(batches.map(({ body }) => body))[0] as { span: Record<string, Json> }).span;
}

const odd = 'ffeffbfffbeffbefbefbefbeffbeffff';

describe('ids: the length decides, the alphabet confirms', () => {
  test.each([
    ['hex', traceId, traceId],
    ['upper-case hex', traceId.toUpperCase(), traceId],
    ['base64', base64(odd), odd],
    ['base64 without padding', base64(odd).replace(/=+$/, ''), odd],
    ['base64 with escaped slashes', base64(odd).replaceAll('/', '\\/'), odd],
    ['base64 in the URL alphabet', url(base64(odd)), odd],
    ['base64 of hex', Buffer.from(odd).toString('base64'), odd],
    ['base64 of hex without padding', Buffer.from(odd).toString('base64').replace(/=+$/, ''), odd],
  ])('a trace id as %s', async (_how, text, expected) => {
    expect((await firstSpan(documentOf(spanText({ traceId: `"${text}"` })))).traceId).toBe(expected);
  });

  test.each([
    ['hex', 'B7AD6B7169203331', 'b7ad6b7169203331'],
    ['base64', base64('b7ad6b7169203331'), 'b7ad6b7169203331'],
    ['base64 without padding', base64('b7ad6b7169203331').replace('=', ''), 'b7ad6b7169203331'],
    ['base64 of hex', Buffer.from('b7ad6b7169203331').toString('base64'), 'b7ad6b7169203331'],
  ])('a span id as %s', async (_how, text, expected) => {
    const span = await firstSpan(documentOf(spanText({ spanId: `"${text}"`, parentSpanId: `"${text}"`, links: `[{"spanId":"${text}"}]` })));
    expect([span.spanId, span.parentSpanId, (span.links as { spanId: string }[])[0]?.spanId]).toEqual([expected, expected, expected]);
  });

  test.each([
    ['""', 'InvalidTraceId', 'the trace id is empty or missing'],
    ['null', 'InvalidTraceId', 'the trace id is empty or missing'],
    [undefined, 'InvalidTraceId', 'the trace id is empty or missing'],
    ['"5b8efff798038103"', 'InvalidTraceId', 'the trace id has 16 characters at offset 54; accepted are 32 hex digits'],
    ['"5b8efff7-9803-8103-d269-b633813fc60c"', 'InvalidTraceId', 'the trace id has 36 characters'],
    ['"1-5759e988-bd862e3fe1be46a994272793"', 'InvalidTraceId', 'the trace id has 35 characters'],
  ])('a trace id of %s fails the file', async (text, reason, message) => {
    const { failure } = await feed(documentOf(spanText({ traceId: text })));
    expect(failure).toEqual({ reason, message: expect.stringContaining(message) });
  });

  test.each([
    ['spanId', '"abc"', 'the span id has 3 characters'],
    ['spanId', '""', 'the span id is empty or missing'],
    ['parentSpanId', '"abc"', 'the parent span id has 3 characters'],
    ['links', '[{"spanId":"abc"}]', 'the span id of a link has 3 characters'],
  ])('%s of %s fails the file', async (field, text, message) => {
    const { failure } = await feed(documentOf(spanText(), spanText({ [field]: text })));
    expect(failure?.reason).toBe('InvalidSpanId');
    expect(failure?.message).toContain(message);
    expect(failure?.message).toContain('after 1 span');
  });

  test.each([
    ['an all-zero trace id', { traceId: `"${'0'.repeat(32)}"` }, 'InvalidTraceId'],
    ['an all-zero span id', { spanId: '"0000000000000000"' }, 'InvalidSpanId'],
    ['an id of the right length in no alphabet', { traceId: `"${'x'.repeat(32)}"` }, 'InvalidTraceId'],
  ])('%s rejects its span, with offset and line', async (_what, fields, reason) => {
    const lines = `${documentOf(spanText())}\n${documentOf(spanText(), spanText(fields))}\n`;
    const { summary } = await feed(lines);
    expect(summary).toMatchObject({ spans: 2, rejectedSpans: 1, rejected: [{ reason, line: 2, offset: lines.lastIndexOf('{"traceId"') }] });
  });

  test.each([['""'], ['null'], [undefined], ['"0000000000000000"']])('a parent of %s is a root', async (text) => {
    expect((await firstSpan(documentOf(spanText({ parentSpanId: text })))).parentSpanId).toBeUndefined();
  });
});

describe('64-bit numbers are exact', () => {
  test.each([
    ['"1544712660000000001"', '1544712660000000001'],
    ['1544712660000000001', '1544712660000000001'],
    ['18446744073709551615', '18446744073709551615'],
    ['"1.5e18"', '1500000000000000000'],
    ['1544712660000000001.0', '1544712660000000001'],
    ['15447126600000000010e-1', '1544712660000000001'],
    ['{"low":5,"high":1,"unsigned":true}', '4294967301'],
    ['{"low":-1,"high":0}', '4294967295'],
  ])('a time of %s is %s', async (text, expected) => {
    expect((await firstSpan(documentOf(spanText({ startTimeUnixNano: text })))).startTimeUnixNano).toBe(expected);
  });

  test.each([
    ['-9223372036854775808', '-9223372036854775808'],
    ['"9223372036854775807"', '9223372036854775807'],
    ['"1e3"', '1000'],
    ['1.0', '1'],
    ['-0', '0'],
    ['"0"', '0'],
  ])('an intValue of %s is %s', async (text, expected) => {
    const span = await firstSpan(withValue(`{"intValue":${text}}`));
    expect(span.attributes).toEqual([{ key: 'k', value: { intValue: expected } }]);
  });

  test.each([
    ['intValue beyond the range', withValue('{"intValue":"9223372036854775808"}')],
    ['intValue below the range', withValue('{"intValue":-9223372036854775809}')],
    ['intValue with a fraction', withValue('{"intValue":1.5}')],
    ['negative time', documentOf(spanText({ startTimeUnixNano: '-1' }))],
    ['time beyond the range', documentOf(spanText({ endTimeUnixNano: '"18446744073709551616"' }))],
    ['negative flags', documentOf(spanText({ flags: '-1' }))],
    ['flags beyond the range', documentOf(spanText({ flags: '4294967296' }))],
    ['a double beyond the range', withValue('{"doubleValue":1e400}')],
    ['an unknown name of an enum', documentOf(spanText({ kind: '"SPAN_KIND_OTHER"' }))],
    ['a number as name', documentOf(spanText({ name: '5' }))],
    ['bytes that are not base64', withValue('{"bytesValue":"*"}')],
    ['null in an array', documentOf(spanText({ events: '[null]' }))],
    ['null as a span', documentOf('null')],
    ['values 70 deep', withValue(`${'{"arrayValue":{"values":['.repeat(70)}{}${']}}'.repeat(70)}`)],
  ])('%s rejects the span and never wraps', async (_what, content) => {
    const { summary } = await feed(content);
    expect(summary).toMatchObject({ spans: 0, rejectedSpans: 1 });
  });
});

describe('values', () => {
  test.each([
    ['{}', {}],
    ['null', undefined],
    ['{"stringValue":""}', { stringValue: '' }],
    ['{"boolValue":false}', { boolValue: false }],
    ['{"intValue":0}', { intValue: '0' }],
    ['{"doubleValue":0}', { doubleValue: 0 }],
    ['{"doubleValue":"NaN"}', { doubleValue: 'NaN' }],
    ['{"doubleValue":"-Infinity"}', { doubleValue: '-Infinity' }],
    ['{"doubleValue":"1.5"}', { doubleValue: 1.5 }],
    ['{"doubleValue":null}', {}],
    ['{"doubleValue":null,"intValue":"3"}', { intValue: '3' }],
    ['{"arrayValue":{}}', { arrayValue: {} }],
    ['{"arrayValue":{"values":null}}', { arrayValue: {} }],
    ['{"kvlistValue":{"values":[]}}', { kvlistValue: {} }],
    ['{"bytesValue":"-_8"}', { bytesValue: 'fbff' }],
    ['{"bytesValue":""}', { bytesValue: '' }],
    ['{"stringValue":"a","intValue":"1"}', { intValue: '1' }],
    ['{"stringValue":"a","stringValue":"b"}', { stringValue: 'b' }],
    ['{"stringValueStrindex":3}', {}],
    ['{"Value":{"StringValue":"x"}}', { stringValue: 'x' }],
    ['{"string_value":"x"}', { stringValue: 'x' }],
    ['{"other":{"deep":[{}]},"stringValue":"x"}', { stringValue: 'x' }],
    ['{"stringValue":"\\ud83d\\ude80 \\u00e9 \\/ \\b"}', { stringValue: '🚀 é / \b' }],
    ['{"stringValue":"\\ud800"}', { stringValue: '\ufffd' }],
    ['{"stringValue":"\\udc00\\ud800x"}', { stringValue: '\ufffd\ufffdx' }],
    ['{"stringValue":"a\\u0000b"}', { stringValue: 'a\0b' }],
    ['{"string\\u0056alue":"x"}', { stringValue: 'x' }],
  ])('%s', async (text, expected) => {
    const [attribute] = (await firstSpan(withValue(text))).attributes as { value?: Json }[];
    expect(attribute?.value).toEqual(expected);
  });

  test('keys may be empty, escaped, or called __proto__', async () => {
    const attributes =
      '[{"key":"","value":{"intValue":1}},{"key":"__proto__","value":{"intValue":2}},{"key":"a\\"b"},{"value":{"intValue":3}}]';
    const span = await firstSpan(documentOf(spanText({ attributes })));
    expect(span.attributes).toEqual([
      { value: { intValue: '1' } },
      { key: '__proto__', value: { intValue: '2' } },
      { key: 'a"b' },
      { value: { intValue: '3' } },
    ]);
  });

  test('invalid UTF-8 becomes U+FFFD and is counted', async () => {
    const content = Buffer.from(withValue('{"stringValue":"a?b?"}'));
    for (let at = content.indexOf('?'); at >= 0; at = content.indexOf('?')) content[at] = 0xff;
    const { summary, batches } = await feed(content);
    expect(spansOf(batches.map(({ body }) => body))[0]).toMatchObject({
      span: { attributes: [{ value: { stringValue: 'a\ufffdb\ufffd' } }] },
    });
    expect(summary?.warnings).toMatchObject([{ message: 'bytes that are not UTF-8 became U+FFFD', count: 1 }]);
  });

  test('the last of duplicate scalars counts, duplicate arrays append', async () => {
    const twice = spanText().replace(
      '"name":"op"',
      '"name":"a","attributes":[{"key":"x"}],"name":"b","attributes":[{"key":"y"}],"status":{"code":1},"status":{"code":2}',
    );
    const { summary, batches } = await feed(documentOf(twice));
    expect(spansOf(batches.map(({ body }) => body))[0]).toMatchObject({
      span: { name: 'b', attributes: [{ key: 'x' }, { key: 'y' }], status: { code: 2 } },
    });
    expect(summary?.warnings).toMatchObject([{ message: 'a field appears twice in an object; the last one counts', count: 2 }]);
  });

  test.each([
    ['SPAN_KIND_CLIENT', '"SPAN_KIND_CLIENT"', 3],
    ['a quoted number', '"4"', 4],
    ['an unknown number', '77', 77],
    ['a negative number', '-1', -1],
  ])('a kind as %s', async (_how, text, expected) => {
    expect((await firstSpan(documentOf(spanText({ kind: text })))).kind).toBe(expected);
  });
});

describe('documents', () => {
  test.each([
    ['{}', 'OTLP JSON'],
    ['[]', 'OTLP JSON'],
    ['{"resourceSpans":[]}', 'OTLP JSON'],
    ['{"resourceSpans":null}', 'OTLP JSON'],
    ['{"resourceSpans":[{}]}', 'OTLP JSON'],
    ['{"resourceSpans":[{"scopeSpans":[{"spans":[]}]}]}', 'OTLP JSON'],
  ])('%s is accepted with a warning', async (content, format) => {
    const { summary } = await feed(content);
    expect(summary).toMatchObject({ format, spans: 0, batches: 0, warnings: [{ message: 'the file holds no spans' }] });
  });

  test.each([
    ['not JSON after a document', `${documentOf(spanText())}}`, 'InvalidJSON'],
    ['a trailing comma', '{"resourceSpans":[{},]}', 'InvalidJSON'],
    ['a missing comma', documentOf(`${spanText()}${spanText()}`), 'InvalidJSON'],
    ['an unknown escape', withValue('{"stringValue":"\\x"}'), 'InvalidJSON'],
    ['a bare NaN', withValue('{"doubleValue":NaN}'), 'InvalidJSON'],
    ['null as a ResourceSpans', '{"resourceSpans":[null]}', 'InvalidJSON'],
    ['brackets without end', `{"resourceSpans":[{"x":${'['.repeat(5000)}`, 'TooDeep'],
    ['an open array of spans', '{"resourceSpans":[{"scopeSpans":[{"spans":[', 'Truncated'],
    ['an open string', '{"resourceSpans":[{"scopeSpans":[{"spans":[{"name":"ab', 'Truncated'],
    ['other JSON', '{"hello":1}', 'NotATraceFile'],
    ['a number', '42', 'NotATraceFile'],
  ])('%s fails the file', async (_what, content, reason) => {
    expect((await feed(content)).failure?.reason).toBe(reason);
  });

  test('a line feed in front of JSON is not a protobuf tag', async () => {
    for (const front of ['\n', '\n\n', '\n \n\t']) expect((await feed(front + documentOf(spanText()))).summary?.format).toBe('OTLP JSON');
    expect((await feed(`\n{${' '.repeat(30)}"resourceSpans":[]}`)).summary?.format).toBe('OTLP JSON');
  });
});

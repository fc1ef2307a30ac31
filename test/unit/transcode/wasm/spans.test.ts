import { describe, expect, test } from 'vitest';
import { runHeader, runSpans, span, spanId, spanText, traceId } from './driver.ts';
import { decode } from './otlp.ts';

const base64 = (hex: string) => Buffer.from(hex, 'hex').toString('base64');

const attribute = (value: unknown) => ({ attributes: [{ key: 'k', value }] });
const deep = (depth: number): unknown => (depth === 0 ? { stringValue: 'x' } : { arrayValue: { values: [deep(depth - 1)] } });

const plain = {
  traceId: base64(traceId),
  spanId: base64(spanId),
  name: 'chat gpt-4o',
  startTimeUnixNano: '1750000000000000001',
  endTimeUnixNano: '1750000000250000003',
};

/** What stands in the JSON, and what the decoded span has more than `plain`. */
const taken: readonly [sentence: string, json: object | string, decoded: object][] = [
  ['a span with ids, name and times', span(), {}],
  ['hex ids in capitals', span({ traceId: traceId.toUpperCase(), spanId: spanId.toUpperCase() }), {}],
  ['base64 ids', span({ traceId: base64(traceId), spanId: base64(spanId) }), {}],
  ['a parent', span({ parentSpanId: 'a1b2c3d4e5f60718' }), { parentSpanId: base64('a1b2c3d4e5f60718') }],
  ['an empty parent is none', span({ parentSpanId: '' }), {}],
  ['an all-zero parent is none', span({ parentSpanId: '0000000000000000' }), {}],
  ['times as numbers keep their last digit', '"traceState":"a=b"', { traceState: 'a=b' }],
  ['a kind by number', span({ kind: 3 }), { kind: 3 }],
  ['a kind by name', span({ kind: 'SPAN_KIND_CONSUMER' }), { kind: 5 }],
  ['a kind by quoted number', span({ kind: '2' }), { kind: 2 }],
  ['an unknown kind by number', span({ kind: 77 }), { kind: 77 }],
  ['flags', span({ flags: 257 }), { flags: 257 }],
  [
    'dropped counts',
    span({ droppedAttributesCount: 1, droppedEventsCount: 2, droppedLinksCount: 300 }),
    {
      droppedAttributesCount: 1,
      droppedEventsCount: 2,
      droppedLinksCount: 300,
    },
  ],
  ['a status by name', span({ status: { code: 'STATUS_CODE_ERROR', message: 'boom' } }), { status: { code: 2, message: 'boom' } }],
  ['an empty status is present', span({ status: {} }), { status: {} }],
  ['null is absent everywhere', span({ status: null, attributes: null, kind: null, name: 'chat gpt-4o', links: null }), {}],
  ['unknown fields are passed over', span({ localChildSpanCount: [1, { deep: [null, true, 'x\n'] }], note: 'é' }), {}],
  ['an empty string is written', span(attribute({ stringValue: '' })), attribute({ stringValue: '' })],
  ['false is written', span(attribute({ boolValue: false })), attribute({ boolValue: false })],
  ['zero is written', span(attribute({ intValue: '0' })), attribute({ intValue: '0' })],
  ['zero as a double is written', span(attribute({ doubleValue: 0 })), attribute({ doubleValue: 0 })],
  ['the smallest integer', span(attribute({ intValue: '-9223372036854775808' })), attribute({ intValue: '-9223372036854775808' })],
  ['the largest integer', span(attribute({ intValue: '9223372036854775807' })), attribute({ intValue: '9223372036854775807' })],
  ['bytes', span(attribute({ bytesValue: 'AAEC/w==' })), attribute({ bytesValue: 'AAEC/w==' })],
  ['an empty value', span(attribute({})), attribute({})],
  ['a null member', span(attribute({ doubleValue: null })), attribute({})],
  ['an attribute without value', span({ attributes: [{ key: 'k' }] }), { attributes: [{ key: 'k' }] }],
  ['an attribute of nothing', span({ attributes: [{}] }), { attributes: [{}] }],
  ['an empty array', span(attribute({ arrayValue: {} })), attribute({ arrayValue: {} })],
  ['arrays in arrays', span(attribute(deep(20))), attribute(deep(20))],
  [
    'lists of pairs',
    span(
      attribute({
        kvlistValue: {
          values: [
            { key: 'a', value: { intValue: '1' } },
            { key: 'b', value: { kvlistValue: {} } },
          ],
        },
      }),
    ),
    attribute({
      kvlistValue: {
        values: [
          { key: 'a', value: { intValue: '1' } },
          { key: 'b', value: { kvlistValue: {} } },
        ],
      },
    }),
  ],
  ['a value before its key', '"attributes":[{"value":{"stringValue":"v"},"key":"k"}]', attribute({ stringValue: 'v' })],
  [
    'events',
    span({ events: [{ timeUnixNano: '5', name: 'e', droppedAttributesCount: 4, ...attribute({ boolValue: true }) }, {}] }),
    { events: [{ timeUnixNano: '5', name: 'e', droppedAttributesCount: 4, ...attribute({ boolValue: true }) }, {}] },
  ],
  [
    'links',
    span({ links: [{ traceId, spanId, traceState: 'x=y', flags: 1, droppedAttributesCount: 9 }] }),
    { links: [{ traceId: base64(traceId), spanId: base64(spanId), traceState: 'x=y', flags: 1, droppedAttributesCount: 9 }] },
  ],
  [
    'all escapes',
    '"traceState":"\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u00e9\\u20ac\\ud83d\\ude00\\u0000"',
    { traceState: '"\\/\b\f\n\r\tAé€😀\0' },
  ],
  ['text that is not ASCII', span({ name: '世界 – 😀' }), { name: '世界 – 😀' }],
  ['blanks anywhere', '"kind" :\t\r\n 3 , "flags"\n:\n1  ', { kind: 3, flags: 1 }],
  ['keys in any order', `"status":{"message":"m","code":1},"links":[],"kind":4`, { status: { code: 1, message: 'm' }, kind: 4 }],
];

const asText = (json: object | string) => (typeof json === 'string' ? spanText(json) : `${JSON.stringify(json)}]`);

describe('the fast kernel takes', () => {
  test.each(taken)('%s', (_sentence, json, decoded) => {
    const told = runSpans(asText(json));
    expect(told.why).toBe('end');
    expect(told.spans).toEqual([{ ...plain, ...(typeof json === 'object' && 'name' in json ? { name: json.name } : {}), ...decoded }]);
  });

  test.each(taken)('%s, pretty-printed', (_sentence, json, decoded) => {
    if (typeof json === 'string') return;
    const told = runSpans(`${JSON.stringify(json, null, 4)}\n    ]`);
    expect(told.why).toBe('end');
    expect(told.spans).toEqual([{ ...plain, ...('name' in json ? { name: json.name } : {}), ...decoded }]);
  });

  test('text of every length around the sizes of a length, before and after one another', () => {
    const lengths = [0, 1, 15, 16, 17, 126, 127, 128, 129, 300, 16_382, 16_383, 16_384, 16_385, 3, 130, 20_000, 5];
    const attributes = lengths.map((length) => ({ key: 'prompt', value: { stringValue: 'é'.repeat(length >> 1).padEnd(length, 'x') } }));
    const told = runSpans(`${JSON.stringify(span({ attributes }))}]`);
    expect(told.spans).toEqual([{ ...plain, attributes }]);
  });
});

const declined: readonly [sentence: string, more: string][] = [
  ['a snake_case key', '"trace_state":"x"'],
  ['a key of Go', '"Kind":3'],
  ['an escaped key', '"k\\u0069nd":3'],
  ['a key twice', '"kind":1,"kind":2'],
  ['a lone surrogate', '"traceState":"\\ud800"'],
  ['a surrogate pair of two high halves', '"traceState":"\\ud800\\ud800"'],
  ['an unknown escape', '"traceState":"\\x"'],
  ['a raw control character', '"traceState":"a\nb"'],
  ['a raw zero', '"traceState":"a\0b"'],
  ['a negative count', '"droppedLinksCount":-1'],
  ['a count of more than 32 bits', '"droppedLinksCount":4294967296'],
  ['an unknown name of a kind', '"kind":"SPAN_KIND_ROBOT"'],
  ['a fraction as integer', '"kind":1.0'],
  ['an exponent as integer', '"kind":1e0'],
  ['a number with a leading zero', '"kind":01'],
  ['an integer out of range', '"attributes":[{"key":"k","value":{"intValue":"9223372036854775808"}}]'],
  ['an integer below the range', '"attributes":[{"key":"k","value":{"intValue":"-9223372036854775809"}}]'],
  ['two members of a value', '"attributes":[{"key":"k","value":{"intValue":"1","stringValue":"x"}}]'],
  ['an unknown member of a value', '"attributes":[{"key":"k","value":{"stringValueStrindex":1}}]'],
  ['an unknown member of an attribute', '"attributes":[{"keyStrindex":1}]'],
  ['a null element', '"attributes":[null]'],
  ['a null in an array value', '"attributes":[{"key":"k","value":{"arrayValue":{"values":[null]}}}]'],
  ['values nested deeper than it goes', `"attributes":[${JSON.stringify({ key: 'k', value: deep(40) })}]`],
  ['unknown fields nested deeper than it goes', `"note":${'['.repeat(50)}${']'.repeat(50)}`],
  ['a trailing comma', '"kind":1,'],
  ['a trailing comma in a list', '"attributes":[{},]'],
  ['a quoted double', '"attributes":[{"key":"k","value":{"doubleValue":"1"}}]'],
  ['a huge double', '"attributes":[{"key":"k","value":{"doubleValue":1e400}}]'],
  ['base64 with stray bits', '"attributes":[{"key":"k","value":{"bytesValue":"AB=="}}]'],
  ['base64 of another alphabet', '"attributes":[{"key":"k","value":{"bytesValue":"_-8="}}]'],
  ['a link without ids', '"links":[{}]'],
  ['a link with an all-zero id', `"links":[{"traceId":"${'0'.repeat(32)}","spanId":"${spanId}"}]`],
  ['text where a list belongs', '"attributes":"x"'],
  ['an id of another length', '"parentSpanId":"abc"'],
  ['a literal that is none', '"note":nul1'],
];

describe('the fast kernel leaves to the lenient one', () => {
  test.each(declined)('%s', (_sentence, more) => {
    const told = runSpans(`${JSON.stringify(span())},${spanText(more)}`);
    expect(told).toMatchObject({ why: 'declined', count: 1, at: JSON.stringify(span()).length + 1 });
    expect(told.spans).toEqual([plain]);
  });

  test.each([
    ['no trace id', { traceId: undefined }],
    ['an empty trace id', { traceId: '' }],
    ['an all-zero trace id', { traceId: '0'.repeat(32) }],
    ['a trace id of 16 digits', { traceId: spanId }],
    ['a trace id with a letter beyond f', { traceId: `${traceId.slice(0, 31)}g` }],
    ['base64 of a hex id', { traceId: Buffer.from(traceId).toString('base64') }],
    ['an all-zero span id', { spanId: '0'.repeat(16) }],
    ['no start', { startTimeUnixNano: null }],
    ['no end', { endTimeUnixNano: undefined }],
    ['an end of zero', { endTimeUnixNano: '0' }],
    ['a time of 20 digits', { endTimeUnixNano: '18446744073709551616' }],
    ['a time in quotes with blanks', { endTimeUnixNano: ' 1' }],
  ])('a span with %s', (_sentence, fields) => {
    expect(runSpans(`${JSON.stringify(span(fields))}]`)).toMatchObject({ why: 'declined', at: 0, count: 0, bytes: new Uint8Array(0) });
  });

  test('an object without fields, and what is no object', () => {
    for (const element of ['{}', 'null', '1', '"x"', '[]']) expect(runSpans(`${element}]`).why).toBe('declined');
  });

  test('the one span with bytes that are not UTF-8, and no other', () => {
    const good = JSON.stringify(span());
    const bad = good.replace('chat', 'ch\xff\xfet');
    const json = Buffer.from(`${good},${good},${bad},${good}]`, 'latin1');
    const before = runSpans(json);
    expect(before).toMatchObject({ why: 'declined', at: 2 * (good.length + 1), count: 2 });
    expect(runSpans(json, { at: 2 * (good.length + 1) + bad.length + 1 })).toMatchObject({ why: 'end', count: 1 });
  });
});

describe('a run', () => {
  test('tells count, times, and each trace once in a row', () => {
    const other = 'a'.repeat(32);
    const list = [
      span(),
      span({ startTimeUnixNano: '7' }),
      span({ traceId: other, endTimeUnixNano: '18446744073709551615'.slice(0, 19) }),
      span(),
    ];
    const told = runSpans(`${list.map((one) => JSON.stringify(one)).join(' , ')} ] }`);
    expect(told).toMatchObject({ why: 'end', count: 4, first: 7n, last: 1844674407370955161n });
    expect(told.traces).toHaveLength(3);
    expect(told.traces[0]).toBe(told.traces[2]);
  });

  test('hands over more traces than its list holds', () => {
    const ids = Array.from({ length: 700 }, (_, i) => (i + 1).toString(16).padStart(32, '0'));
    const json = `${[...ids, ...ids].map((id) => `{"traceId":"${id}","spanId":"${spanId}","startTimeUnixNano":1,"endTimeUnixNano":2}`).join(',')}]`;
    const told = runSpans(json);
    expect(told).toMatchObject({ why: 'end', count: 1400 });
    expect(told.traces).toHaveLength(1400);
    expect(new Set(told.traces).size).toBe(700);
  });

  test('stops before the span that does not fit, and writes nothing of it', () => {
    const one = JSON.stringify(span());
    const size = runSpans(`${one}]`).bytes.length;
    const json = `${one},${one},${one}]`;
    expect(runSpans(json, { limit: 2 * size })).toMatchObject({ why: 'full', at: 2 * one.length + 2, count: 2 });
    expect(runSpans(json, { limit: 2 * size - 1 })).toMatchObject({ why: 'full', at: one.length + 1, count: 1 });
  });

  test('leaves a comma that is the last byte to the next window', () => {
    const one = JSON.stringify(span());
    expect(runSpans(`${one} , `, { ended: false })).toMatchObject({ why: 'separator', at: one.length, count: 1 });
    expect(runSpans(`${one}  `, { ended: false })).toMatchObject({ why: 'separator', at: one.length, count: 1 });
    expect(runSpans(`${one};`, { ended: false })).toMatchObject({ why: 'separator', at: one.length, count: 1 });
  });
});

describe('a window that ends anywhere', () => {
  const rich = span({
    kind: 'SPAN_KIND_CLIENT',
    traceState: 'é€😀"\\\u0007',
    attributes: [
      { key: 'double', value: { doubleValue: -12.625 } },
      { key: 'int', value: { intValue: '-123456789012345678' } },
      { key: 'bool', value: { boolValue: true } },
      { key: 'list', value: { arrayValue: { values: [{ stringValue: 'a' }, { bytesValue: 'AAEC' }] } } },
      { key: 'pairs', value: { kvlistValue: { values: [{ key: 'x', value: {} }] } } },
      { key: 'text', value: { stringValue: 'long '.repeat(60) } },
    ],
    note: { nested: [1.5e3, 'x', null, false] },
    events: [{ timeUnixNano: '17', name: 'e' }],
    links: [{ traceId, spanId }],
    status: { code: 2 },
  });

  test.each([
    ['compact', JSON.stringify(rich)],
    ['pretty-printed', JSON.stringify(rich, null, 2)],
    [
      'with escapes for all that is not ASCII',
      JSON.stringify(rich).replace(/[^ -~]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`),
    ],
  ])('asks for more and writes nothing of the span that is cut: %s', (_sentence, text) => {
    const bytes = Buffer.from(`${JSON.stringify(span())},${text}`);
    const whole = bytes.length;
    const begin = JSON.stringify(span()).length + 1;
    for (let end = begin + 1; end < whole; end++) {
      const told = runSpans(bytes.subarray(0, end), { ended: false });
      expect({ end, why: told.why, at: told.at, spans: told.spans }).toEqual({ end, why: 'more', at: begin, spans: [plain] });
    }
    expect(runSpans(bytes, { ended: false })).toMatchObject({ why: 'separator', at: whole, count: 2 });
  });

  test('is declined where nothing follows', () => {
    expect(runSpans(JSON.stringify(span()).slice(0, -5))).toMatchObject({ why: 'declined', at: 0 });
  });
});

describe('headers', () => {
  test('a resource', () => {
    const run = runHeader(
      '{"attributes":[{"key":"service.name","value":{"stringValue":"checkout"}}],"droppedAttributesCount":2},',
      'resource',
    );
    expect(run.why).toBe('done');
    if (run.why === 'done') {
      expect(decode('Resource', run.message)).toEqual({
        attributes: [{ key: 'service.name', value: { stringValue: 'checkout' } }],
        droppedAttributesCount: 2,
      });
    }
  });

  test('a scope', () => {
    const text = '{"name":"openai","version":"1","attributes":[{"key":"a","value":{}}],"unknown":1}';
    const run = runHeader(text, 'scope');
    expect(run).toMatchObject({ why: 'done', at: text.length });
    if (run.why === 'done') {
      expect(decode('InstrumentationScope', run.message)).toEqual({ name: 'openai', version: '1', attributes: [{ key: 'a', value: {} }] });
    }
  });

  test('an empty one, one that is cut off, one with entities', () => {
    expect(runHeader('{}', 'scope')).toMatchObject({ why: 'done', at: 2, message: new Uint8Array(0) });
    expect(runHeader('{"name":"op', 'scope', false).why).toBe('more');
    expect(runHeader('{"name":"op', 'scope').why).toBe('declined');
    expect(runHeader('{"entityRefs":[{"type":"host"}]}', 'resource').why).toBe('declined');
  });
});

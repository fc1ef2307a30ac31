import { describe, expect, test } from 'vitest';
import { type Json, spansOf } from '../../support/traces/decode.ts';
import { feed } from '../../support/traces/feed.ts';

const span = (more: Record<string, unknown> = {}): Record<string, unknown> => ({
  name: 'step',
  context: { trace_id: '0x60ddafcc4ff72a3b9c5f9d3ff7b8e1a2', span_id: '0x57ee0d6bd2b8a5a0', trace_state: '[]' },
  kind: 'SpanKind.INTERNAL',
  parent_id: null,
  start_time: '2025-02-28T16:51:13.265734Z',
  end_time: '2025-02-28T16:51:14.000001Z',
  status: { status_code: 'OK' },
  attributes: {},
  events: [],
  links: [],
  resource: { attributes: { 'service.name': 'coffee' }, schema_url: '' },
  ...more,
});

type Seen = {
  readonly span: Record<string, Json>;
  readonly around: { resource: { attributes: { value: { stringValue: string } }[] } };
  readonly inner: Json;
};

async function only(content: string, name?: string): Promise<Seen> {
  const { batches, failure, summary } = await feed(content, name === undefined ? {} : { name });
  expect(failure).toBeUndefined();
  expect(summary?.rejected).toEqual([]);
  return spansOf(batches.map(({ body }) => body))[0] as Seen;
}

const one = async (more: Record<string, unknown>): Promise<Record<string, Json>> => (await only(JSON.stringify(span(more)))).span;

describe('Monocle spans', () => {
  test.each([
    ['SpanKind.CLIENT', 3],
    ['server', 2],
    [0, 1],
    [4, 5],
    [undefined, 1],
    [9, 1],
  ])('a kind of %s is %d', async (kind, expected) => {
    expect((await one({ kind })).kind).toBe(expected);
  });

  test.each([
    [
      { status_code: 'ERROR', description: 'no' },
      { code: 2, message: 'no' },
    ],
    [
      { code: 'error', message: 'no' },
      { code: 2, message: 'no' },
    ],
    [{ status_code: 'OK', description: 'OK' }, { code: 1 }],
    [{ status_code: 'UNSET' }, {}],
    ['ok', { code: 1 }],
    ['StatusCode.ERROR', { code: 2 }],
  ])('a status of %j is %j', async (status, expected) => {
    expect((await one({ status })).status).toEqual(expected);
  });

  test.each([
    ['2025-02-28T16:51:13.265734Z', '1740761473265734000'],
    ['2025-02-28T16:51:13Z', '1740761473000000000'],
    ['2025-02-28T16:51:13.123456789Z', '1740761473123456789'],
    ['2025-02-28T17:51:13.5+01:00', '1740761473500000000'],
    ['2025-02-28T11:21:13.5-0530', '1740761473500000000'],
    ['2025-02-28 16:51:13.5', '1740761473500000000'],
  ])('a start of %s is %s', async (start, expected) => {
    expect((await one({ start_time: start })).startTimeUnixNano).toBe(expected);
  });

  test.each([
    ['no start', { start_time: null }, 'InvalidSpan'],
    ['a start that is no time', { start_time: 'yesterday' }, 'InvalidSpan'],
    ['an id that is not hex', { context: { trace_id: 'jenkins-1', span_id: '1' } }, 'InvalidTraceId'],
    ['an id that is too long', { context: { trace_id: '1', span_id: '0x123456789abcdef01' } }, 'InvalidSpanId'],
    ['an id of zeros', { context: { trace_id: '0x0', span_id: '1' } }, 'InvalidTraceId'],
    ['no ids', { context: {} }, 'InvalidTraceId'],
    ['an unknown status', { status: 'maybe' }, 'InvalidSpan'],
  ])('%s rejects the span and not the file', async (_what, more, reason) => {
    const { summary } = await feed([span(), span(more), span()].map((each) => JSON.stringify(each)).join('\n'));
    expect(summary).toMatchObject({ spans: 2, rejectedSpans: 1, rejected: [{ reason, line: 2 }] });
  });

  test('short ids are padded on the left', async () => {
    const { traceId, spanId } = await one({ context: { trace_id: '0xABC', span_id: 'f' } });
    expect([traceId, spanId]).toEqual(['00000000000000000000000000000abc', '000000000000000f']);
  });

  test.each([[null], [''], ['None'], ['0x0'], ['0x0000000000000000']])('a parent of %j is a root', async (parent) => {
    expect((await one({ parent_id: parent })).parentSpanId).toBeUndefined();
  });

  test.each([
    ['[]', undefined],
    ["['{key=a, value=1}', '{key=b, value=2}']", 'a=1,b=2'],
    ['a=1', 'a=1'],
    [{ a: 1 }, undefined],
  ])('a trace state of %j is %s', async (state, expected) => {
    const context = { trace_id: '1', span_id: '1', trace_state: state };
    expect((await one({ context })).traceState).toBe(expected);
  });

  test('numbers keep their kind and their digits', async () => {
    const text = JSON.stringify(span()).replace(
      '"attributes":{}',
      '"attributes":{"a":1.0,"b":1,"c":9007199254740993,"d":9223372036854775808,"e":1e2}',
    );
    expect((await only(text)).span.attributes).toEqual([
      { key: 'a', value: { doubleValue: 1 } },
      { key: 'b', value: { intValue: '1' } },
      { key: 'c', value: { intValue: '9007199254740993' } },
      { key: 'd', value: { stringValue: '9223372036854775808' } },
      { key: 'e', value: { doubleValue: 100 } },
    ]);
  });

  test('a bare NaN is no JSON', async () => {
    const { failure } = await feed(JSON.stringify(span()).replace('"attributes":{}', '"attributes":{"a":NaN}'));
    expect(failure?.reason).toBe('InvalidJSON');
  });

  test.each([
    [{ 'service.name': 'a' }, { 'workflow.name': 'b' }, 'monocle_trace_c_60ddafcc4ff72a3b9c5f9d3ff7b8e1a2_2025-02-28.json', 'a'],
    [{}, { 'workflow.name': 'b' }, 'monocle_trace_c_60ddafcc4ff72a3b9c5f9d3ff7b8e1a2_2025-02-28.json', 'b'],
    [{}, {}, 'monocle_trace_c_60ddafcc4ff72a3b9c5f9d3ff7b8e1a2_2025-02-28.json', 'c'],
    [{}, {}, 'some.json', 'unknown_service'],
  ])('resource %j, attributes %j and file %s give a service', async (resource, attributes, name, expected) => {
    const { around } = await only(JSON.stringify([span({ resource: { attributes: resource }, attributes })]), name);
    expect(around.resource.attributes[0]?.value.stringValue).toBe(expected);
  });

  test('forced, an empty array is Monocle, and a file of another format fails', async () => {
    const { summary } = await feed('[]', { settings: { format: 'Monocle' } });
    expect(summary?.format).toBe('Monocle array');
    expect((await feed(JSON.stringify(span()), { settings: { format: 'OTLP' } })).failure).toEqual({
      reason: 'NotATraceFile',
      message: 'the file looks like Monocle, and only OTLP is wanted',
    });
  });
});

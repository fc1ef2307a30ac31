import { describe, expect, test } from 'vitest';
import { mapped, tracesAnswer } from '../../../../src/stores/cloudtrace/spans.ts';
import { type Golden, readable } from '../../../support/platforms/readable.ts';

const TRACE = '6564f0a2aaaabbbbccccdddd00001111';

const given = (labels: object = {}, more: object = {}): object => ({
  spanId: '18446744073709551615',
  kind: 'RPC_SERVER',
  name: 'GET /cart',
  startTime: '2026-11-20T09:50:52.472123456Z',
  endTime: '2026-11-20T09:50:52.5Z',
  labels: { 'service.name': 'checkout-agents', ...labels },
  ...more,
});

function spans(its: readonly object[], { service, steps = false }: { service?: string; steps?: boolean } = {}) {
  const { traces } = tracesAnswer.parse(JSON.parse(JSON.stringify({ traces: [{ projectId: 'acme', traceId: TRACE, spans: its }] })));
  return mapped(traces![0]!, service, steps);
}

const rows: readonly (Golden<object> & { readonly steps?: boolean })[] = [
  { row: 'traceId stays as it is', given: given(), gives: [`trace ${TRACE}`, `attribute cloud.trace_id = "${TRACE}"`] },
  { row: 'ids of spans are uint64: every bit is kept', given: given(), gives: ['span ffffffffffffffff'] },
  {
    row: 'a small id gets its zeros',
    given: given({}, { spanId: '255', parentSpanId: '9223372036854775809' }),
    gives: ['span 00000000000000ff', 'parent 8000000000000001'],
  },
  { row: 'the parent 0 is none', given: given({}, { parentSpanId: '0' }), gives: ['parent none'] },
  { row: 'RPC_SERVER is a server', given: given(), gives: ['kind SERVER'] },
  { row: 'RPC_CLIENT is a client', given: given({}, { kind: 'RPC_CLIENT' }), gives: ['kind CLIENT'] },
  { row: 'any other kind is internal', given: given({}, { kind: 'SPAN_KIND_UNSPECIFIED' }), gives: ['kind INTERNAL'] },
  { row: 'times keep their nanoseconds', given: given(), gives: ['start 1795168252472123456', 'end 1795168252500000000'] },
  { row: 'a span without end ends where it began', given: given({}, { endTime: undefined }), gives: ['end 1795168252472123456'] },
  {
    row: 'labels of HTTP get the names of the semantic conventions',
    given: given({
      '/http/method': 'GET',
      '/http/url': 'https://shop/cart',
      '/http/status_code': '200',
      '/http/host': 'shop',
      '/http/path': '/cart',
      '/http/route': '/{page}',
      '/http/user_agent': 'curl/8',
      '/http/request/size': '12',
      '/http/response/size': '3400',
    }),
    gives: [
      'attribute http.request.method = "GET"',
      'attribute url.full = "https://shop/cart"',
      'attribute http.response.status_code = int 200',
      'attribute server.address = "shop"',
      'attribute url.path = "/cart"',
      'attribute http.route = "/{page}"',
      'attribute user_agent.original = "curl/8"',
      'attribute http.request.body.size = int 12',
      'attribute http.response.body.size = int 3400',
      'status UNSET',
    ],
    not: /\/http\//,
  },
  {
    row: 'an error of labels is an exception event and a status',
    given: given({ '/error/name': 'ValueError', '/error/message': 'no such cart', '/stacktrace': '{"stack_frame":[]}' }),
    gives: [
      'status ERROR no such cart',
      'event exception at 1795168252500000000',
      'event exception exception.type = "ValueError"',
      'event exception exception.message = "no such cart"',
      'event exception exception.stacktrace = "{\\"stack_frame\\":[]}"',
    ],
    not: /attribute \/(error|stacktrace)/,
  },
  {
    row: 'a stack trace alone is no error',
    given: given({ '/stacktrace': '{}' }),
    gives: ['status UNSET', 'attribute /stacktrace = "{}"'],
    not: /event/,
  },
  { row: 'a status from 500 on is an error', given: given({ '/http/status_code': '503' }), gives: ['status ERROR'] },
  { row: 'a status below 500 is none', given: given({ '/http/status_code': '499' }), gives: ['status UNSET'] },
  {
    row: '/agent is the SDK',
    given: given({ '/agent': 'opentelemetry-js 2.1.0' }),
    gives: ['resource telemetry.sdk.name = "opentelemetry-js 2.1.0"'],
    not: /attribute \/agent/,
  },
  {
    row: 'service.* is the resource',
    given: given({ 'service.version': '1.2.0', 'service.instance.id': 'i-1' }),
    gives: ['resource service.name = "checkout-agents"', 'resource service.version = "1.2.0"', 'resource service.instance.id = "i-1"'],
    not: /attribute service/,
  },
  {
    row: 'g.co/gae/app/* is the resource',
    given: given({ 'service.name': undefined, 'g.co/gae/app/module': 'default', 'g.co/gae/app/version': '20261120t095052' }),
    gives: ['resource service.name = "default"', 'resource service.version = "20261120t095052"'],
    not: /attribute g\.co/,
  },
  { row: 'the provider is set', given: given(), gives: ['resource cloud.provider = "gcp"'] },
  {
    row: 'labels are text: what counts becomes a number again, nothing else does',
    given: given({
      'gen_ai.request.model': 'gemini-2.5-pro',
      'gen_ai.usage.input_tokens': '1200',
      'gen_ai.usage.output_tokens': '34',
      'order.number': '4711',
    }),
    gives: [
      'attribute gen_ai.request.model = "gemini-2.5-pro"',
      'attribute gen_ai.usage.input_tokens = int 1200',
      'attribute gen_ai.usage.output_tokens = int 34',
      'attribute order.number = "4711"',
    ],
    not: /cost|step\.type/,
  },
  {
    row: 'step type, if asked for: a client is a tool',
    given: given({}, { kind: 'RPC_CLIENT' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "tool"'],
  },
  {
    row: 'step type, if asked for: gen_ai is llm',
    given: given({ 'gen_ai.system': 'vertex_ai' }, { kind: 'RPC_CLIENT' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "llm"'],
  },
  {
    row: 'step type, if asked for: error',
    given: given({ '/error/message': 'no' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "error"'],
  },
  { row: 'step type, if asked for: nothing where nothing is known', given: given(), steps: true, gives: [], not: /step\.type/ },
];

describe('a span of Cloud Trace', () => {
  test.each(rows)('$row', ({ given, gives, not, steps = false }) => {
    const [found] = spans([given], { steps });
    const lines = readable(found!);
    expect(lines).toEqual(expect.arrayContaining([...gives]));
    if (not) expect(lines.filter((line) => not.test(line))).toEqual([]);
  });

  test('of a trace that reaches through many services, only the one that is named is taken, exactly so', () => {
    const its = [
      given(),
      given({ 'service.name': 'Checkout-Agents' }),
      given({ 'service.name': undefined, 'g.co/gae/app/module': 'checkout-agents' }),
    ];
    expect(spans(its, { service: 'checkout-agents' })).toHaveLength(2);
    expect(spans(its)).toHaveLength(3);
  });

  test.each([
    ['a span id of 0', { spanId: '0' }],
    ['a span id beyond 64 bits', { spanId: '18446744073709551616' }],
  ])('%s becomes the id that the transcoder rejects, and counts', (_sentence, more) => {
    expect(readable(spans([given({}, more)])[0]!)).toContain('span 0000000000000000');
  });
});

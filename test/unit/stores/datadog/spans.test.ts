import { describe, expect, test } from 'vitest';
import { mapped, searchAnswer, spansIn, upperIn } from '../../../../src/stores/datadog/spans.ts';
import { parseJson } from '../../../../src/stores/slices/json.ts';
import { type Golden, readable } from '../../../support/platforms/readable.ts';

/** Digits that no number has, in JSON. TypeScript does not know of it yet. */
const { rawJSON: rawJson } = JSON as unknown as { readonly rawJSON: (text: string) => unknown };

/** As the search gives a span of a small shop. */
const given = (more: object = {}, custom: object = {}): object => ({
  trace_id: '3740652481065462946',
  span_id: '9270756141854228302',
  parent_id: '0',
  start_timestamp: '2026-11-20T09:50:52.472Z',
  end_timestamp: '2026-11-20T09:50:52.475Z',
  resource_name: 'GET /',
  service: 'checkout-agents',
  env: 'prod',
  host: 'i-0a1b2c3d',
  type: 'web',
  tags: [],
  custom: { duration: 3402932, ...custom },
  ...more,
});

function page(items: readonly object[], inferStepTypes = false) {
  const { data } = searchAnswer.parse(parseJson(JSON.stringify({ data: items.map((attributes) => ({ id: 'AYkG', attributes })) })));
  const { spans, strange } = spansIn(data ?? []);
  return [...spans.map((span) => mapped(span, upperIn(span), inferStepTypes)), ...strange];
}

const rows: readonly (Golden<object> & { readonly steps?: boolean })[] = [
  { row: 'decimal ids become 8 bytes', given: given({ parent_id: '1' }), gives: ['span 80a85797aa7dff4e', 'parent 0000000000000001'] },
  { row: 'the parent 0 is none', given: given(), gives: ['parent none'] },
  { row: 'an upper half that nobody tells is zero', given: given(), gives: ['trace 000000000000000033e9779cda172ca2'] },
  {
    row: 'the upper half comes from _dd.p.tid',
    given: given({}, { '_dd.p.tid': '6564f0a200000000' }),
    gives: ['trace 6564f0a20000000033e9779cda172ca2'],
  },
  {
    row: '_dd.p.tid may be nested',
    given: given({}, { _dd: { p: { tid: '6564f0a200000000' } } }),
    gives: ['trace 6564f0a20000000033e9779cda172ca2'],
  },
  {
    row: 'a trace id of 32 hex digits is taken as it is',
    given: given({ trace_id: '6564F0A20000000033e939c6daab22a2' }),
    gives: ['trace 6564f0a20000000033e939c6daab22a2'],
  },
  {
    row: 'times: start in ms, end = start + duration in ns',
    given: given(),
    gives: ['start 1795168252472000000', 'end 1795168252475402932'],
  },
  { row: 'without a duration the end has ms, too', given: given({ custom: {} }), gives: ['end 1795168252475000000'] },
  {
    row: 'name: the operation where there is one',
    given: given({ operation_name: 'flask.request' }),
    gives: ['name flask.request', 'attribute dd.span.Resource = "GET /"'],
  },
  { row: 'name: else the resource', given: given(), gives: ['name GET /', 'attribute dd.span.Resource = "GET /"'] },
  {
    row: 'kind: span.kind first',
    given: given({ type: 'web' }, { span: { kind: 'producer' } }),
    gives: ['kind PRODUCER'],
    not: /span\.kind/,
  },
  { row: 'kind: web is a server', given: given(), gives: ['kind SERVER'] },
  { row: 'kind: http is a client', given: given({ type: 'http' }), gives: ['kind CLIENT'] },
  { row: 'kind: else internal', given: given({ type: 'custom' }), gives: ['kind INTERNAL'] },
  { row: 'no error block: nothing is said about the status', given: given(), gives: ['status UNSET'] },
  {
    row: 'an error block is a status and an exception event',
    given: given({}, { error: { type: 'ValueError', message: 'no such cart', stack: 'at cart.py:12' } }),
    gives: [
      'status ERROR no such cart',
      'event exception at 1795168252475402932',
      'event exception exception.type = "ValueError"',
      'event exception exception.message = "no such cart"',
      'event exception exception.stacktrace = "at cart.py:12"',
    ],
    not: /attribute error/,
  },
  {
    row: 'what else an error block has stays',
    given: given({}, { error: { type: 'ValueError', fingerprint: 'v9.2', handling: 'unhandled' } }),
    gives: ['attribute error.fingerprint = "v9.2"', 'attribute error.handling = "unhandled"', 'status ERROR'],
    not: /attribute error\.type/,
  },
  {
    row: 'a span that only says that it failed has no exception',
    given: given({ status: 'error' }, { error: 1 }),
    gives: ['status ERROR'],
    not: /event|attribute error/,
  },
  {
    row: 'custom is flattened, and known keys get their names',
    given: given(
      {},
      { http: { status_code: '200', method: 'GET', url: 'http://localhost:8080/', useragent: 'curl/7.58.0' }, flask: { version: '2.1.2' } },
    ),
    gives: [
      'attribute http.response.status_code = int 200',
      'attribute http.request.method = "GET"',
      'attribute url.full = "http://localhost:8080/"',
      'attribute user_agent.original = "curl/7.58.0"',
      'attribute flask.version = "2.1.2"',
    ],
    not: /status_code = "|http\.method|duration/,
  },
  {
    row: 'what a database and a queue say gets its names, too',
    given: given({}, { db: { type: 'postgresql', statement: 'SELECT 1', instance: 'carts' } }),
    gives: ['attribute db.system.name = "postgresql"', 'attribute db.query.text = "SELECT 1"', 'attribute db.namespace = "carts"'],
  },
  {
    row: 'tags are split at the first colon; what tells where it ran goes to the resource',
    given: given({
      tags: ['team:payments', 'url:http://a:80', 'kube_namespace:checkout', 'pod_name:cart-0', 'compute', 'index:1', 'index:2'],
    }),
    gives: [
      'attribute team = "payments"',
      'attribute url = "http://a:80"',
      'resource k8s.namespace.name = "checkout"',
      'resource k8s.pod.name = "cart-0"',
      'attribute compute = ""',
      'attribute index = ["1", "2"]',
    ],
    not: /attribute (kube_namespace|pod_name)/,
  },
  {
    row: 'native ids are kept, and the provider is set',
    given: given(),
    gives: [
      'attribute cloud.trace_id = "3740652481065462946"',
      'attribute datadog.trace.id = "3740652481065462946"',
      'attribute datadog.span.id = "9270756141854228302"',
      'resource cloud.provider = "datadog"',
    ],
  },
  {
    row: 'a cloud that a tag names stays the provider',
    given: given({ tags: ['cloud_provider:aws'] }),
    gives: ['resource cloud.provider = "aws"'],
  },
  {
    row: 'service, env, host and version are the resource',
    given: given({}, { version: '1.0.0', env: 'prod' }),
    gives: [
      'resource service.name = "checkout-agents"',
      'resource deployment.environment.name = "prod"',
      'resource host.name = "i-0a1b2c3d"',
      'resource service.version = "1.0.0"',
    ],
    not: /attribute (deployment\.environment|service\.version|env|version)/,
  },
  {
    row: 'gen_ai attributes keep their types',
    given: given(
      { type: 'llm' },
      { gen_ai: { request: { model: 'gpt-4o', temperature: 1 }, usage: { input_tokens: 1200, output_tokens: '34' } } },
    ),
    gives: [
      'attribute gen_ai.request.model = "gpt-4o"',
      'attribute gen_ai.request.temperature = double 1',
      'attribute gen_ai.usage.input_tokens = int 1200',
      'attribute gen_ai.usage.output_tokens = int 34',
    ],
    not: /cost|step\.type/,
  },
  {
    row: 'an integer beyond 2^53 keeps its digits',
    given: given({}, { big: rawJson('9223372036854775807'), low: rawJson('-9223372036854775808') }),
    gives: ['attribute big = int 9223372036854775807', 'attribute low = int -9223372036854775808'],
  },
  {
    row: 'one beyond 64 bits keeps them as text, and one in exponents is a double',
    given: given({}, { big: rawJson('18446744073709551615'), huge: rawJson('1e30') }),
    gives: ['attribute big = "18446744073709551615"', 'attribute huge = double 1e+30'],
  },
  { row: 'a field that is null is one that is not there', given: given({ operation_name: null, tags: null }), gives: ['name GET /'] },
  { row: 'step type, if asked for: llm', given: given({ type: 'llm' }), steps: true, gives: ['attribute spanferry.step.type = "llm"'] },
  {
    row: 'step type, if asked for: web and db are tools',
    given: given({ type: 'db' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "tool"'],
  },
  {
    row: 'step type, if asked for: error',
    given: given({ status: 'error' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "error"'],
  },
  {
    row: 'step type, if asked for: nothing where nothing is known',
    given: given({ type: 'cache' }),
    steps: true,
    gives: [],
    not: /step\.type/,
  },
];

describe('a span of Datadog', () => {
  test.each(rows)('$row', ({ given, gives, not, steps }) => {
    const [found] = page([given], steps);
    const lines = readable(found!);
    expect(lines).toEqual(expect.arrayContaining([...gives]));
    if (not) expect(lines.filter((line) => not.test(line))).toEqual([]);
  });

  test('that cannot be read is named, and does not take the others along', () => {
    const [good, bad] = page([given({ tags: 'team:payments' }), given()]);
    expect([good?.span.spanId, bad?.span.unreadable]).toEqual(['80a85797aa7dff4e', 'unreadable span AYkG']);
  });

  test.each([
    ['a span id of 0', { span_id: '0' }],
    ['a span id beyond 64 bits', { span_id: '99999999999999999999' }],
  ])('%s becomes the id that the transcoder rejects, and counts', (_sentence, more) => {
    expect(readable(page([given(more)])[0]!)).toContain('span 0000000000000000');
  });
});

import { describe, expect, test } from 'vitest';
import { segmentOf } from '../../../../src/stores/xray/document.ts';
import { retrieved } from '../../../../src/stores/xray/retrieved.ts';
import { type Mapping, mapped } from '../../../../src/stores/xray/spans.ts';
import { expressionOf } from '../../../../src/stores/xray/traces.ts';
import { type Golden, readable } from '../../../support/platforms/readable.ts';

const NATIVE = '1-6564f0a2-aaaabbbbccccdddd00001111';

/** As text, since a number would not keep its nanoseconds. */
const given = (more = '', times = '"start_time": 1795168252.472123456, "end_time": 1795168252.5'): string =>
  `{"id": "70de5b6f19ff9a0a", "name": "checkout-agents", "trace_id": "${NATIVE}", ${times}${more === '' ? '' : `, ${more}`}}`;

const sub = (more: string): string =>
  given(`"subsegments": [{"id": "53995c3f42cd8ad8", "name": "pay", "start_time": 1795168252.48, "end_time": 1795168252.49, ${more}}]`);

function spans(
  document: string,
  { native = NATIVE, limited = false, ...more }: Partial<Mapping> & { native?: string; limited?: boolean } = {},
) {
  const segment = segmentOf(document);
  if (!segment) throw new Error('the document cannot be read');
  return mapped(native, limited, segment, { keepInferred: false, inferStepTypes: false, ...more });
}

type Case = Golden<string> & { readonly of?: Parameters<typeof spans>[1]; readonly nth?: number };

const rows: readonly Case[] = [
  {
    row: 'trace_id: 8 + 24 digits are 16 bytes',
    given: given(),
    gives: ['trace 6564f0a2aaaabbbbccccdddd00001111', `attribute cloud.trace_id = "${NATIVE}"`],
  },
  {
    row: 'a trace_id of another length is rejected, and counted',
    given: given(),
    of: { native: '1-6564f0a2-aaaa' },
    gives: [`trace ${'0'.repeat(32)}`],
  },
  { row: 'id is the span; a root has no parent', given: given(), gives: ['span 70de5b6f19ff9a0a', 'parent none'] },
  { row: 'parent_id of a segment', given: given('"parent_id": "00f067aa0ba902b7"'), gives: ['parent 00f067aa0ba902b7'] },
  {
    row: 'the parent of a subsegment is what it stands in',
    given: sub('"namespace": "local"'),
    nth: 1,
    gives: ['parent 70de5b6f19ff9a0a', 'trace 6564f0a2aaaabbbbccccdddd00001111'],
  },
  { row: 'a segment is a server', given: given(), gives: ['kind SERVER'] },
  { row: 'namespace aws is a client', given: sub('"namespace": "aws"'), nth: 1, gives: ['kind CLIENT'] },
  { row: 'namespace remote is a client', given: sub('"namespace": "remote"'), nth: 1, gives: ['kind CLIENT'] },
  { row: 'client_ip is a server', given: sub('"http": {"request": {"client_ip": "10.0.0.1"}}'), nth: 1, gives: ['kind SERVER'] },
  { row: 'any other namespace is internal', given: sub('"namespace": "local"'), nth: 1, gives: ['kind INTERNAL'] },
  { row: 'times keep their nanoseconds', given: given(), gives: ['start 1795168252472123456', 'end 1795168252500000000'] },
  {
    row: 'a segment in progress ends where it began, and says so',
    given: given('"in_progress": true', '"start_time": 1795168252.472'),
    gives: ['end 1795168252472000000', 'attribute aws.xray.inprogress = bool true'],
  },
  {
    row: 'name is the name, and that of the root the service',
    given: sub('"namespace": "aws"'),
    nth: 1,
    gives: ['name pay', 'resource service.name = "checkout-agents"'],
  },
  {
    row: 'http.request and http.response',
    given: given(
      '"http": {"request": {"method": "GET", "url": "https://shop/cart", "user_agent": "curl/8", "client_ip": "10.0.0.1", "x_forwarded_for": true}, "response": {"status": 200, "content_length": "3400"}}',
    ),
    gives: [
      'attribute http.request.method = "GET"',
      'attribute url.full = "https://shop/cart"',
      'attribute user_agent.original = "curl/8"',
      'attribute client.address = "10.0.0.1"',
      'attribute aws.xray.x_forwarded_for = bool true',
      'attribute http.response.status_code = int 200',
      'attribute http.response.body.size = int 3400',
    ],
  },
  { row: 'fault is an error, and kept', given: given('"fault": true'), gives: ['status ERROR', 'attribute aws.xray.fault = bool true'] },
  {
    row: 'error alone on a server says nothing',
    given: given('"error": true'),
    gives: ['status UNSET', 'attribute aws.xray.error = bool true'],
  },
  { row: 'error on a client is an error', given: sub('"namespace": "remote", "error": true'), nth: 1, gives: ['status ERROR'] },
  {
    row: 'throttle is an error',
    given: given('"error": true, "throttle": true'),
    gives: ['status ERROR', 'attribute aws.xray.throttle = bool true'],
  },
  {
    row: 'each exception of a cause is an event at the end of the span',
    given: given(
      '"fault": true, "cause": {"working_directory": "/app", "exceptions": [{"id": "a", "type": "ValueError", "message": "no such cart", "stack": [{"path": "cart.py", "line": 12, "label": "get"}]}, {"type": "KeyError"}]}',
    ),
    gives: [
      'event exception at 1795168252500000000',
      'event exception exception.type = "ValueError"',
      'event exception exception.message = "no such cart"',
      'event exception exception.stacktrace = "at get (cart.py:12)"',
      'event exception exception.type = "KeyError"',
    ],
  },
  {
    row: 'a cause that is text is the message',
    given: given('"fault": true, "cause": "4bf92f3577b34da6"'),
    gives: ['status ERROR 4bf92f3577b34da6'],
  },
  {
    row: 'aws.* of a call',
    given: sub(
      '"namespace": "aws", "aws": {"operation": "GetItem", "region": "us-east-1", "request_id": "R1", "queue_url": "q", "table_name": "carts", "retries": 2}',
    ),
    nth: 1,
    gives: [
      'attribute aws.operation = "GetItem"',
      'attribute aws.region = "us-east-1"',
      'attribute aws.request_id = "R1"',
      'attribute aws.queue_url = "q"',
      'attribute aws.table_name = "carts"',
      'attribute aws.xray.retries = int 2',
    ],
    not: /attribute aws\.retries/,
  },
  {
    row: 'where it ran is the resource',
    given: given(
      '"origin": "AWS::EKS::Container", "resource_arn": "arn:aws:eks:1", "service": {"version": "1.2.0"}, "aws": {"account_id": "123456789012", "ec2": {"instance_id": "i-1", "availability_zone": "us-east-1a"}, "eks": {"cluster_name": "prod", "pod": "cart-0"}, "ecs": {"container": "cart"}}',
    ),
    gives: [
      'resource cloud.provider = "aws"',
      'resource cloud.platform = "aws_eks"',
      'resource cloud.resource_id = "arn:aws:eks:1"',
      'resource service.version = "1.2.0"',
      'resource cloud.account.id = "123456789012"',
      'resource host.id = "i-1"',
      'resource cloud.availability_zone = "us-east-1a"',
      'resource k8s.cluster.name = "prod"',
      'resource k8s.pod.name = "cart-0"',
      'resource container.name = "cart"',
    ],
    not: /attribute aws\.(ec2|eks|ecs|account)/,
  },
  {
    row: 'an environment of Elastic Beanstalk, a container of ECS, and the rest of a machine',
    given: given(
      '"origin": "AWS::ElasticBeanstalk::Environment", "aws": {"elastic_beanstalk": {"environment_name": "shop", "deployment_id": 32, "version_label": "v7"}, "ecs": {"container_id": "c0ffee"}, "ec2": {"instance_size": "m7g.large", "ami_id": "ami-1"}}',
    ),
    gives: [
      'resource cloud.platform = "aws_elastic_beanstalk"',
      'resource service.namespace = "shop"',
      'resource service.instance.id = "32"',
      'resource service.version = "v7"',
      'resource container.id = "c0ffee"',
      'resource host.type = "m7g.large"',
      'resource host.image.id = "ami-1"',
    ],
  },
  {
    row: 'an origin that OpenTelemetry has no name for keeps its own',
    given: given('"origin": "AWS::Bedrock::AgentCore"'),
    gives: ['resource aws.xray.origin = "AWS::Bedrock::AgentCore"'],
    not: /cloud\.platform/,
  },
  {
    row: 'annotations keep key and type',
    given: given(
      '"annotations": {"order": "4711", "gen_ai.request.model": "claude", "gen_ai.usage.input_tokens": 1200, "vip": true, "share": 0.5}',
    ),
    gives: [
      'attribute order = "4711"',
      'attribute gen_ai.request.model = "claude"',
      'attribute gen_ai.usage.input_tokens = int 1200',
      'attribute vip = bool true',
      'attribute share = double 0.5',
    ],
    not: /cost|step\.type/,
  },
  {
    row: 'metadata is JSON by name space; scalars of default are attributes, too',
    given: given('"metadata": {"default": {"gen_ai": {"usage": {"output_tokens": "34"}}}, "debug": {"a": [1]}}'),
    gives: [
      'attribute aws.xray.metadata.default = "{\\"gen_ai\\":{\\"usage\\":{\\"output_tokens\\":\\"34\\"}}}"',
      'attribute gen_ai.usage.output_tokens = int 34',
      'attribute aws.xray.metadata.debug = "{\\"a\\":[1]}"',
    ],
  },
  {
    row: 'sql, user and links',
    given: given(
      `"user": "ada", "sql": {"sanitized_query": "SELECT ?", "database_type": "PostgreSQL", "user": "app", "url": "jdbc:postgresql://db"}, "links": [{"trace_id": "${NATIVE}", "id": "00f067aa0ba902b7", "attributes": {"why": "batch"}}]`,
    ),
    gives: [
      'attribute enduser.id = "ada"',
      'attribute db.query.text = "SELECT ?"',
      'attribute db.system.name = "PostgreSQL"',
      'attribute db.user = "app"',
      'link 6564f0a2aaaabbbbccccdddd00001111 00f067aa0ba902b7',
      'link why = "batch"',
    ],
  },
  {
    row: 'a trace that X-Ray has cut says so',
    given: given(),
    of: { limited: true },
    gives: ['attribute aws.xray.limit_exceeded = bool true'],
  },
  {
    row: 'inferred segments are kept if asked for',
    given: given('"inferred": true'),
    of: { keepInferred: true },
    gives: ['attribute aws.xray.inferred = bool true'],
  },
  {
    row: 'step type, if asked for: namespace and http are tools',
    given: sub('"namespace": "aws"'),
    nth: 1,
    of: { inferStepTypes: true },
    gives: ['attribute spanferry.step.type = "tool"'],
  },
  {
    row: 'step type, if asked for: gen_ai is llm',
    given: given('"annotations": {"gen_ai.system": "bedrock"}'),
    of: { inferStepTypes: true },
    gives: ['attribute spanferry.step.type = "llm"'],
  },
  {
    row: 'step type, if asked for: error',
    given: given('"fault": true'),
    of: { inferStepTypes: true },
    gives: ['attribute spanferry.step.type = "error"'],
  },
  {
    row: 'step type, if asked for: nothing where nothing is known',
    given: given(),
    of: { inferStepTypes: true },
    gives: [],
    not: /step\.type/,
  },
];

describe('a segment of X-Ray', () => {
  test.each(rows)('$row', ({ given, gives, not, of, nth = 0 }) => {
    const lines = readable(spans(given, of)[nth]!);
    expect(lines).toEqual(expect.arrayContaining([...gives]));
    if (not) expect(lines.filter((line) => not.test(line))).toEqual([]);
  });

  test('subsegments are spans of their own, however deep', () => {
    const deep = given(
      '"subsegments": [{"id": "1111111111111111", "name": "a", "start_time": 1, "subsegments": [{"id": "2222222222222222", "name": "b", "start_time": 1}]}]',
    );
    expect(spans(deep).map(({ span }) => [span.spanId, span.parentSpanId])).toEqual([
      ['70de5b6f19ff9a0a', undefined],
      ['1111111111111111', '70de5b6f19ff9a0a'],
      ['2222222222222222', '1111111111111111'],
    ]);
  });

  test('inferred segments repeat subsegments, so they are left out', () => {
    expect(spans(given('"inferred": true'))).toEqual([]);
  });

  test('one service is taken exactly', () => {
    expect([spans(given(), { service: 'checkout-agents' }).length, spans(given(), { service: 'Checkout-agents' }).length]).toEqual([1, 0]);
  });

  test('a filter of the source holds beside the service', () => {
    expect(expressionOf({})).toBeUndefined();
    expect(expressionOf({ service: 'shop' })).toBe('service("shop")');
    expect(expressionOf({ filter: 'fault OR error' })).toBe('fault OR error');
    expect(expressionOf({ service: 'shop', filter: 'fault OR error' })).toBe('service("shop") AND (fault OR error)');
  });
});

describe('a span that Transaction Search gives', () => {
  const document = {
    resource: { attributes: { 'service.name': 'checkout-agents', cloud: { region: 'us-east-1' } } },
    scope: { name: 'bedrock', version: '1' },
    traceId: '6564f0a2aaaabbbbccccdddd00001111',
    spanId: '70de5b6f19ff9a0a',
    parentSpanId: '00f067aa0ba902b7',
    name: 'chat',
    kind: 'CLIENT',
    startTimeUnixNano: '1795168252472123456',
    endTimeUnixNano: '1795168252500000000',
    attributes: { 'gen_ai.usage.input_tokens': 1200 },
    status: { code: 'ERROR', message: 'throttled' },
    events: [{ name: 'exception', timeUnixNano: '1795168252490000000', attributes: { 'exception.type': 'E' } }],
  };
  const mapping = { keepInferred: false, inferStepTypes: false };

  test('is taken as it is', () => {
    const found = retrieved(NATIVE, document.spanId, JSON.stringify(document), mapping);
    expect(found && readable(found)).toMatchInlineSnapshot(`
      [
        "trace 6564f0a2aaaabbbbccccdddd00001111",
        "span 70de5b6f19ff9a0a",
        "parent 00f067aa0ba902b7",
        "name chat",
        "kind CLIENT",
        "start 1795168252472123456",
        "end 1795168252500000000",
        "status ERROR throttled",
        "scope bedrock 1",
        "resource service.name = "checkout-agents"",
        "resource cloud.region = "us-east-1"",
        "resource cloud.provider = "aws"",
        "attribute gen_ai.usage.input_tokens = int 1200",
        "attribute cloud.trace_id = "1-6564f0a2-aaaabbbbccccdddd00001111"",
        "event exception at 1795168252490000000",
        "event exception exception.type = "E"",
      ]
    `);
  });

  test('is left out where it belongs to another service, and named where it cannot be read', () => {
    expect(retrieved(NATIVE, document.spanId, JSON.stringify(document), { ...mapping, service: 'other' })).toBeUndefined();
    expect(retrieved(NATIVE, document.spanId, 'no JSON', mapping)?.span.unreadable).toBe(`unreadable span 70de5b6f19ff9a0a of ${NATIVE}`);
  });

  test.each(['constructor', 'toString', 'SPAN_KIND_ROBOT'])('of the kind %s is internal', (kind) => {
    expect(retrieved(NATIVE, document.spanId, JSON.stringify({ ...document, kind }), mapping)?.span.kind).toBe('internal');
  });
});

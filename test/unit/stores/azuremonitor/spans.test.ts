import { describe, expect, test } from 'vitest';
import { found } from '../../../../src/stores/azuremonitor/spans.ts';
import { type Golden, readable } from '../../../support/platforms/readable.ts';

const OPERATION = '6564f0a2aaaabbbbccccdddd00001111';

const request = (more: object = {}, properties: object = {}): object => ({
  ItemTable: 'AppRequests',
  TimeGenerated: '2026-11-20T09:50:52.4721234Z',
  Id: 'b7ad6b7169203331',
  OperationId: OPERATION,
  ParentId: OPERATION,
  Name: 'GET /cart',
  Success: true,
  ResultCode: '200',
  DurationMs: 12.3456,
  Url: 'https://shop.example/cart',
  AppRoleName: 'checkout-agents',
  Properties: JSON.stringify(properties),
  ...more,
});

const dependency = (type: string, more: object = {}): object =>
  request({ ItemTable: 'AppDependencies', DependencyType: type, Url: '', ParentId: '00f067aa0ba902b7', ...more });

type Case = Golden<object> & { readonly steps?: boolean; readonly events?: readonly object[] };

const rows: readonly Case[] = [
  { row: 'OperationId is the trace', given: request(), gives: [`trace ${OPERATION}`, `attribute cloud.trace_id = "${OPERATION}"`] },
  {
    row: 'its dashes are stripped',
    given: request({ OperationId: '6564f0a2-aaaa-bbbb-cccc-dddd00001111' }),
    gives: [`trace ${OPERATION}`],
  },
  { row: 'one that is no trace id is rejected, and counted', given: request({ OperationId: 'abc' }), gives: [`trace ${'0'.repeat(32)}`] },
  { row: 'Id is the span', given: request(), gives: ['span b7ad6b7169203331'] },
  { row: 'an Id of old SDKs is rejected, and counted', given: request({ Id: '|abc.def.' }), gives: [`span ${'0'.repeat(16)}`] },
  { row: 'ParentId equal to OperationId is none', given: request(), gives: ['parent none'] },
  { row: 'ParentId that is not 16 hex is none', given: request({ ParentId: '|abc.' }), gives: ['parent none'] },
  { row: 'ParentId', given: request({ ParentId: '00F067AA0BA902B7' }), gives: ['parent 00f067aa0ba902b7'] },
  {
    row: 'TimeGenerated is the start; end = start + DurationMs',
    given: request(),
    gives: ['start 1795168252472123400', 'end 1795168252484469000'],
  },
  { row: 'AppRequests are servers', given: request(), gives: ['kind SERVER'] },
  { row: 'InProc is internal', given: dependency('InProc | Microsoft.EventHub'), gives: ['kind INTERNAL'] },
  { row: 'Queue Message is a producer', given: dependency('Queue Message | Azure Service Bus'), gives: ['kind PRODUCER'] },
  { row: 'other dependencies are clients', given: dependency('HTTP'), gives: ['kind CLIENT'] },
  {
    row: 'Success=false is an error',
    given: request({ Success: false, ResultCode: '500' }),
    gives: ['status ERROR', 'attribute http.response.status_code = int 500'],
  },
  { row: 'Success=true says nothing', given: request(), gives: ['status UNSET'] },
  { row: 'ResultCode of HTTP is the status code', given: request(), gives: ['attribute http.response.status_code = int 200'] },
  {
    row: 'ResultCode of anything else is kept as it is',
    given: dependency('SQL', { ResultCode: '-2', Data: 'SELECT 1', Target: 'db.internal' }),
    gives: ['attribute azure.result_code = "-2"', 'attribute db.query.text = "SELECT 1"', 'attribute server.address = "db.internal"'],
    not: /status_code/,
  },
  { row: 'Url is url.full', given: request(), gives: ['attribute url.full = "https://shop.example/cart"'] },
  {
    row: 'Data of HTTP is url.full',
    given: dependency('HTTP', { Data: 'https://pay.example/' }),
    gives: ['attribute url.full = "https://pay.example/"'],
  },
  {
    row: 'Data of a database is the query',
    given: dependency('postgresql', { Data: 'SELECT 2' }),
    gives: ['attribute db.query.text = "SELECT 2"'],
  },
  {
    row: 'Data of anything else keeps a name of its own',
    given: dependency('Azure Service Bus', { Data: 'orders', ResultCode: '' }),
    gives: ['attribute azure.data = "orders"', 'attribute azure.dependency.type = "Azure Service Bus"'],
    not: /url\.full|db\.query|result_code/,
  },
  {
    row: 'Target is the address of the server',
    given: dependency('HTTP', { Target: 'pay.example' }),
    gives: ['attribute server.address = "pay.example"'],
  },
  {
    row: 'Properties are attributes; what counts becomes a number again',
    given: request(
      {},
      { team: 'payments', 'gen_ai.request.model': 'gpt-4o', 'gen_ai.usage.input_tokens': '1200', 'gen_ai.request.temperature': '0.2' },
    ),
    gives: [
      'attribute team = "payments"',
      'attribute gen_ai.request.model = "gpt-4o"',
      'attribute gen_ai.usage.input_tokens = int 1200',
      'attribute gen_ai.request.temperature = double 0.2',
    ],
    not: /cost|step\.type/,
  },
  {
    row: '_MS.links are links',
    given: request({}, { '_MS.links': JSON.stringify([{ operation_Id: OPERATION, id: '00f067aa0ba902b7' }]) }),
    gives: [`link ${OPERATION} 00f067aa0ba902b7`],
    not: /_MS/,
  },
  { row: 'Measurements are doubles', given: request({ Measurements: '{"queueTime":3}' }), gives: ['attribute queueTime = double 3'] },
  {
    row: 'instrumentationlibrary.* is the scope',
    given: request({}, { 'instrumentationlibrary.name': '@acme/cart', 'instrumentationlibrary.version': '1.0' }),
    gives: ['scope @acme/cart 1.0'],
    not: /instrumentationlibrary/,
  },
  {
    row: 'roles and _ResourceId are the resource',
    given: request({ AppRoleInstance: 'cart-0', AppVersion: '1.2.0', _ResourceId: '/subscriptions/0' }),
    gives: [
      'resource service.name = "checkout-agents"',
      'resource service.instance.id = "cart-0"',
      'resource service.version = "1.2.0"',
      'resource azure.resource.id = "/subscriptions/0"',
      'resource cloud.provider = "azure"',
    ],
  },
  {
    row: 'AppExceptions are exception events',
    given: request({ Success: false }),
    events: [
      {
        ItemTable: 'AppExceptions',
        TimeGenerated: '2026-11-20T09:50:52.48Z',
        ExceptionType: 'System.InvalidOperationException',
        OuterMessage: 'no such cart',
        Details: JSON.stringify([{ rawStack: 'at Cart.Get()' }]),
      },
    ],
    gives: [
      'status ERROR no such cart',
      'event exception at 1795168252480000000',
      'event exception exception.type = "System.InvalidOperationException"',
      'event exception exception.message = "no such cart"',
      'event exception exception.stacktrace = "at Cart.Get()"',
    ],
  },
  {
    row: 'AppTraces are events',
    given: request(),
    events: [{ ItemTable: 'AppTraces', TimeGenerated: '2026-11-20T09:50:52.48Z', Message: 'looking', SeverityLevel: 1 }],
    gives: ['event log at 1795168252480000000', 'event log message = "looking"', 'event log azure.severity_level = int 1', 'status UNSET'],
  },
  {
    row: 'step type, if asked for: a dependency is a tool',
    given: dependency('HTTP'),
    steps: true,
    gives: ['attribute spanferry.step.type = "tool"'],
  },
  {
    row: 'step type, if asked for: an exception is an error',
    given: request(),
    events: [{ ItemTable: 'AppExceptions', TimeGenerated: '2026-11-20T09:50:52.48Z' }],
    steps: true,
    gives: ['attribute spanferry.step.type = "error"'],
  },
  {
    row: 'step type, if asked for: gen_ai is llm',
    given: dependency('HTTP', { Properties: '{"gen_ai.system":"az.ai.inference"}' }),
    steps: true,
    gives: ['attribute spanferry.step.type = "llm"'],
  },
  { row: 'step type, if asked for: nothing where nothing is known', given: request(), steps: true, gives: [], not: /step\.type/ },
];

describe('a row of Azure Monitor', () => {
  test.each(rows)('$row', ({ given, gives, not, steps = false, events = [] }) => {
    const lines = readable(found(given as never, events as never, steps));
    expect(lines).toEqual(expect.arrayContaining([...gives]));
    if (not) expect(lines.filter((line) => not.test(line))).toEqual([]);
  });
});

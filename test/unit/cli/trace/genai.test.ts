import { describe, expect, test } from 'vitest';
import { genAiOf } from '../../../../src/cli/trace/genai.ts';
import type { AnyValue, KeyValue } from '../../../../src/cli/trace/otlp.ts';

type Plain = string | number | boolean | readonly Plain[] | { readonly [key: string]: Plain };

function value(plain: Plain): AnyValue {
  if (typeof plain === 'string') return { stringValue: plain };
  if (typeof plain === 'number') return Number.isInteger(plain) ? { intValue: String(plain) } : { doubleValue: plain };
  if (typeof plain === 'boolean') return { boolValue: plain };
  if (Array.isArray(plain)) return { arrayValue: { values: plain.map(value) } };
  return { kvlistValue: { values: attributes(plain as Readonly<Record<string, Plain>>) } };
}

const attributes = (of: Readonly<Record<string, Plain>>): KeyValue[] =>
  Object.entries(of).map(([key, plain]) => ({ key, value: value(plain) }));

const event = (name: string, of: Readonly<Record<string, Plain>>) => ({ name, attributes: attributes(of) });

const user = (text: string) => [{ role: 'user', text }];
const assistant = (text: string) => [{ role: 'assistant', text }];

describe('a span tells about GenAI', () => {
  test('in the conventions of today', () => {
    const span = attributes({
      'gen_ai.request.model': 'gpt-4o',
      'gen_ai.response.model': 'gpt-4o-2024-08-06',
      'gen_ai.usage.input_tokens': 1204,
      'gen_ai.usage.output_tokens': 41,
      'gen_ai.system_instructions': '[{"type":"text","content":"Be brief."}]',
      'gen_ai.input.messages': '[{"role":"user","parts":[{"type":"text","content":"Where is order 1042?"}]}]',
      'gen_ai.output.messages':
        '[{"role":"assistant","parts":[{"type":"tool_call","id":"c","name":"lookup_order","arguments":{"order":1042}}]}]',
    });
    expect(genAiOf({ attributes: span })).toEqual({
      model: 'gpt-4o-2024-08-06',
      inputTokens: 1204,
      outputTokens: 41,
      input: [{ role: 'system', text: 'Be brief.' }, ...user('Where is order 1042?')],
      output: assistant('lookup_order({"order":1042})'),
    });
  });

  test('in structured attributes instead of JSON', () => {
    const span = attributes({ 'gen_ai.input.messages': [{ role: 'user', parts: [{ type: 'text', content: 'Hi' }, { type: 'image' }] }] });
    expect(genAiOf({ attributes: span })?.input).toEqual(user('Hi\n[image]'));
  });

  test('in numbered attributes, in the order of their numbers', () => {
    const span = attributes({
      'gen_ai.prompt.10.role': 'user',
      'gen_ai.prompt.10.content': 'last',
      'gen_ai.prompt.2.role': 'system',
      'gen_ai.prompt.2.content': 'first',
      'gen_ai.completion.0.content': 'answer',
      'gen_ai.usage.prompt_tokens': '12',
    });
    expect(genAiOf({ attributes: span })).toEqual({
      inputTokens: 12,
      input: [{ role: 'system', text: 'first' }, ...user('last')],
      output: assistant('answer'),
    });
  });

  test('in OpenInference', () => {
    const span = attributes({
      'llm.model_name': 'claude',
      'llm.token_count.prompt': 5,
      'llm.input_messages.0.message.role': 'user',
      'llm.input_messages.0.message.content': 'Hi',
      'output.value': 'Hello',
    });
    expect(genAiOf({ attributes: span })).toEqual({ model: 'claude', inputTokens: 5, input: user('Hi'), output: assistant('Hello') });
  });

  test('in events, one a message or one for all', () => {
    const each = [event('gen_ai.system.message', { content: 'Be brief.' }), event('gen_ai.user.message', { content: 'Hi' })];
    const choice = event('gen_ai.choice', { index: 0, message: '{"role":"assistant","content":"Hello"}' });
    expect(genAiOf({ events: [...each, choice] })).toEqual({
      input: [{ role: 'system', text: 'Be brief.' }, ...user('Hi')],
      output: assistant('Hello'),
    });
    const details = event('gen_ai.client.inference.operation.details', {
      'gen_ai.input.messages': '[{"role":"user","content":"Hi"}]',
      'gen_ai.output.messages': '[{"role":"assistant","content":"Hello"}]',
    });
    expect(genAiOf({ events: [details] })).toEqual({ input: user('Hi'), output: assistant('Hello') });
  });

  test('in the words of Monocle', () => {
    const span = attributes({
      'span.type': 'inference',
      'entity.1.type': 'inference.azure_openai',
      'entity.1.name': 'AzureOpenAI',
      'entity.2.type': 'model.llm.gpt-4o-mini',
      'entity.2.name': 'gpt-4o-mini',
    });
    const events = [
      event('data.input', { input: ['{"system": "You are a barista."}', '{"user": "One coffee"}'] }),
      event('data.output', { response: '{"assistant": "Here you are"}' }),
      event('metadata', { prompt_tokens: 312, completion_tokens: 17, total_tokens: 329 }),
    ];
    expect(genAiOf({ attributes: span, events })).toEqual({
      model: 'gpt-4o-mini',
      inputTokens: 312,
      outputTokens: 17,
      input: [{ role: 'system', text: 'You are a barista.' }, ...user('One coffee')],
      output: assistant('Here you are'),
    });
  });

  test('or says nothing about it', () => {
    expect(genAiOf({ name: 'GET /', attributes: attributes({ 'http.request.method': 'GET' }) })).toBeUndefined();
  });
});

const shapes: readonly [sentence: string, prompt: Plain, messages: readonly { role: string; text: string }[]][] = [
  ['plain text', 'Say "hi"', user('Say "hi"')],
  ['JSON of no convention stays as it is', '{"order":1042}', user('{"order":1042}')],
  ['what only begins like JSON stays as it is', '[draft] hello', user('[draft] hello')],
  ['LangChain constructors', '{"lc":1,"id":["langchain","schema","messages","HumanMessage"],"kwargs":{"content":"Hi"}}', user('Hi')],
  ['LangGraph inputs', '{"inputs":{"messages":[["user","Hi"]]}}', user('Hi')],
  ['LangChain types', '[{"type":"human","content":"Hi"},{"type":"ai","content":"Yo"}]', [...user('Hi'), ...assistant('Yo')]],
  [
    'calls of tools beside the content',
    '[{"role":"assistant","content":null,"tool_calls":[{"function":{"name":"f","arguments":"{\\"a\\":1}"}}]}]',
    assistant('f({"a":1})'),
  ],
  [
    'results of tools',
    '[{"role":"tool","parts":[{"type":"tool_call_response","response":{"ok":true}}]}]',
    [{ role: 'tool', text: '{"ok":true}' }],
  ],
  ['a number', 42, user('42')],
  ['nothing', '', []],
];

test.each(shapes)('a prompt may be %s', (_sentence, prompt, messages) => {
  expect(genAiOf({ attributes: attributes({ 'gen_ai.prompt': prompt, 'gen_ai.request.model': 'm' }) })?.input).toEqual(messages);
});

test('JSON that is nested without end is shown, not followed', () => {
  const deep = `${'['.repeat(50_000)}${']'.repeat(50_000)}`;
  expect(genAiOf({ attributes: attributes({ 'gen_ai.prompt': deep }) })?.input.length).toBeLessThanOrEqual(1);
});

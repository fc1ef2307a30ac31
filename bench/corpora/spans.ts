import { type Random, seeded } from './random.ts';

/** The shapes of OTLP JSON that the corpora are made of, as SDKs and collectors write them. */

type Value =
  | { stringValue: string }
  | { intValue: string }
  | { doubleValue: number }
  | { boolValue: boolean }
  | { arrayValue: { values: Value[] } };
type Attribute = { key: string; value: Value };

const text = (key: string, stringValue: string): Attribute => ({ key, value: { stringValue } });
const int = (key: string, value: number): Attribute => ({ key, value: { intValue: String(value) } });
const double = (key: string, doubleValue: number): Attribute => ({ key, value: { doubleValue } });

const english = 'the trace of an agent that books flights asks a tool for the weather in Lisbon and answers in one short paragraph'.split(
  ' ',
);
const chinese = '代理查询天气并预订航班然后用一句话回答用户的问题系统提示请保持简洁礼貌不要透露内部信息工具返回结果如下'.split('');
const models = ['gpt-4o', 'gpt-4o-mini', 'claude-sonnet', 'llama-3.1-70b'] as const;

export type Prose = (random: Random, length: number) => string;

const words: Prose = (random, length) => {
  let said = '';
  while (said.length < length) said += `${random.pick(english)} `;
  return said;
};

const chineseProse: Prose = (random, length) => {
  let said = '';
  while (said.length < length) said += random.below(24) === 0 ? '，' : random.pick(chinese);
  return said;
};

/** A chat as frameworks put it into one attribute: JSON in a string, so that every quote of it is escaped. */
const chat =
  (prose: Prose, said: number): Prose =>
  (random, length) => {
    const messages: object[] = [];
    for (let left = length; left > 0; left -= said + 40) {
      messages.push({ role: random.pick(['user', 'assistant', 'tool'] as const), content: `${prose(random, said)}\n` });
    }
    return JSON.stringify(messages);
  };

/** A Chinese message says in a third of the characters, and as many bytes, what an English one says. */
export const proses = { words, chat: chat(words, 220), chineseChat: chat(chineseProse, 74) };

const start = 1_750_000_000_000_000_000n;

const nanos = (random: Random, index: number) => {
  const begin = start + BigInt(index) * 1_000_003n + BigInt(random.below(1_000_000));
  return { startTimeUnixNano: String(begin), endTimeUnixNano: String(begin + BigInt(random.below(2_000_000_000))) };
};

export function genAiSpan(random: Random, index: number, traceId: string, prose: Prose) {
  const { startTimeUnixNano, endTimeUnixNano } = nanos(random, index);
  return {
    traceId,
    spanId: random.hex(16),
    parentSpanId: index % 8 === 0 ? '' : random.hex(16),
    flags: 256,
    name: `chat ${random.pick(models)}`,
    kind: 3,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.system', 'openai'),
      text('gen_ai.request.model', random.pick(models)),
      double('gen_ai.request.temperature', random.below(100) / 100),
      int('gen_ai.usage.input_tokens', random.below(4000)),
      int('gen_ai.usage.output_tokens', random.below(900)),
      { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
      text('gen_ai.input.messages', prose(random, 1_200 + random.below(2_000))),
      text('gen_ai.output.messages', prose(random, 300 + random.below(1_200))),
    ],
    events: [
      {
        timeUnixNano: startTimeUnixNano,
        name: 'gen_ai.content.prompt',
        attributes: [text('gen_ai.prompt', prose(random, 400 + random.below(600)))],
      },
    ],
    status: { code: 1 },
  };
}

export function smallSpan(random: Random, index: number, traceId: string) {
  return {
    traceId,
    spanId: random.hex(16),
    parentSpanId: random.hex(16),
    name: random.pick(['GET /cart', 'SELECT orders', 'publish', 'render'] as const),
    kind: 1 + random.below(5),
    ...nanos(random, index),
    attributes: [
      text('http.request.method', random.pick(['GET', 'POST'] as const)),
      int('http.response.status_code', 200 + random.below(5)),
    ],
    status: {},
  };
}

export const resource = {
  attributes: [
    text('service.name', 'checkout-agent'),
    text('service.version', '1.4.2'),
    text('telemetry.sdk.language', 'nodejs'),
    text('deployment.environment.name', 'production'),
    text('application.id', '5f4dcc3b-5aa7-45d6-9d83-27deb882cf99'),
  ],
};

/** One document: `spans` spans, a trace each `perTrace` spans, in one scope. */
export function requestOf(spans: readonly object[]) {
  return {
    resourceSpans: [
      {
        resource,
        scopeSpans: [{ scope: { name: 'opentelemetry.instrumentation.openai', version: '0.40.1' }, spans }],
        schemaUrl: 'https://opentelemetry.io/schemas/1.34.0',
      },
    ],
  };
}

export function manySpans(seed: number, count: number, perTrace: number, make: (random: Random, index: number, traceId: string) => object) {
  const random = seeded(seed);
  let traceId = '';
  return Array.from({ length: count }, (_, index) => {
    if (index % perTrace === 0) traceId = random.hex(32);
    return make(random, index, traceId);
  });
}

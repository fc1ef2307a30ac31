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

/**
 * A chat as instrumentations put it into one attribute by the GenAI conventions: JSON in a string, so that every quote of it is escaped,
 * and every line break twice.
 */
const chat =
  (prose: Prose): Prose =>
  (random, length) => {
    const messages: object[] = [];
    for (let left = length; left > 0; ) {
      const content = `${prose(random, 120 + random.below(340))}\n`;
      const role = random.pick(['system', 'user', 'assistant', 'tool'] as const);
      messages.push({ role, parts: [{ type: 'text', content }] });
      left -= content.length + 70;
    }
    return JSON.stringify(messages);
  };

/** Chinese says in fewer characters what English says, though each of them takes three bytes. */
const denser =
  (prose: Prose): Prose =>
  (random, length) =>
    prose(random, length * 0.63);

export const proses = { words, chat: chat(words), chinese: denser(chat(denser(chineseProse))) };

const start = 1_750_000_000_000_000_000n;

const nanos = (random: Random, index: number) => {
  const begin = start + BigInt(index) * 1_000_003n + BigInt(random.below(1_000_000));
  return { startTimeUnixNano: String(begin), endTimeUnixNano: String(begin + BigInt(random.below(2_000_000_000))) };
};

/** A call of a model by the GenAI conventions: few attributes, and nearly all bytes are in the prompt and the answer. */
export function genAiSpan(random: Random, index: number, traceId: string, prose: Prose) {
  const { startTimeUnixNano, endTimeUnixNano } = nanos(random, index);
  const model = random.pick(models);
  return {
    traceId,
    spanId: random.hex(16),
    parentSpanId: index % 8 === 0 ? '' : random.hex(16),
    flags: 256,
    name: `chat ${model}`,
    kind: 3,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: [
      text('gen_ai.operation.name', 'chat'),
      text('gen_ai.provider.name', 'openai'),
      text('gen_ai.request.model', model),
      double('gen_ai.request.temperature', random.below(100) / 100),
      text('gen_ai.conversation.id', `conv_${random.hex(32)}`),
      { key: 'gen_ai.response.finish_reasons', value: { arrayValue: { values: [{ stringValue: 'stop' }] } } },
      int('gen_ai.usage.input_tokens', 300 + random.below(3_000)),
      int('gen_ai.usage.output_tokens', 20 + random.below(900)),
      text('gen_ai.input.messages', prose(random, 1_600 + random.below(2_300))),
      text('gen_ai.output.messages', prose(random, 300 + random.below(900))),
    ],
    events: [{ timeUnixNano: startTimeUnixNano, name: 'gen_ai.first_token' }],
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
    flags: 256,
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

/** One document as a collector writes it: what came in one export of an SDK stays together in one scope. */
export function requestOf(spans: readonly object[], perExport: number) {
  const exports = Math.ceil(spans.length / perExport);
  return {
    resourceSpans: Array.from({ length: exports }, (_, i) => ({
      resource,
      scopeSpans: [
        {
          scope: { name: 'opentelemetry.instrumentation.openai_v2', version: '2.3.0' },
          spans: spans.slice(i * perExport, (i + 1) * perExport),
        },
      ],
      schemaUrl: 'https://opentelemetry.io/schemas/1.34.0',
    })),
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

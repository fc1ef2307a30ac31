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
const third =
  (prose: Prose): Prose =>
  (random, length) =>
    prose(random, length / 3);

export const proses = {
  words: { plain: words, packed: words },
  chat: { plain: words, packed: chat(words, 120) },
  chinese: { plain: third(chineseProse), packed: third(chat(chineseProse, 40)) },
};

const start = 1_750_000_000_000_000_000n;

const nanos = (random: Random, index: number) => {
  const begin = start + BigInt(index) * 1_000_003n + BigInt(random.below(1_000_000));
  return { startTimeUnixNano: String(begin), endTimeUnixNano: String(begin + BigInt(random.below(2_000_000_000))) };
};

/** A call of a model as OpenInference instruments it: every message once as attributes of its own and once more in one JSON string. */
export function genAiSpan(random: Random, index: number, traceId: string, prose: Prose, plain: Prose) {
  const { startTimeUnixNano, endTimeUnixNano } = nanos(random, index);
  const model = random.pick(models);
  const input = 300 + random.below(3_000);
  const output = 20 + random.below(900);
  const messages = Array.from({ length: 2 + random.below(4) }, (_, i) => [
    text(`llm.input_messages.${i}.message.role`, random.pick(['system', 'user', 'assistant', 'tool'] as const)),
    text(`llm.input_messages.${i}.message.content`, plain(random, 60 + random.below(240))),
  ]);
  return {
    traceId,
    spanId: random.hex(16),
    parentSpanId: index % 8 === 0 ? '' : random.hex(16),
    flags: 256,
    name: `ChatCompletion ${model}`,
    kind: 1,
    startTimeUnixNano,
    endTimeUnixNano,
    attributes: [
      text('openinference.span.kind', 'LLM'),
      text('llm.system', 'openai'),
      text('llm.provider', 'openai'),
      text('llm.model_name', model),
      double('llm.temperature', random.below(100) / 100),
      int('llm.token_count.prompt', input),
      int('llm.token_count.completion', output),
      int('llm.token_count.total', input + output),
      text('session.id', random.hex(32)),
      text('user.id', `user-${random.below(9_000)}`),
      { key: 'tag.tags', value: { arrayValue: { values: [{ stringValue: 'checkout' }, { stringValue: 'beta' }] } } },
      ...messages.flat(),
      text('input.mime_type', 'application/json'),
      text('input.value', prose(random, 900 + random.below(1_200))),
      text('output.mime_type', 'application/json'),
      text('output.value', prose(random, 300 + random.below(700))),
    ],
    events: [{ timeUnixNano: startTimeUnixNano, name: 'First Token Stream Event' }],
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

/** One document as a collector writes it: what came in one export of an SDK stays together in one scope. */
export function requestOf(spans: readonly object[], perExport: number) {
  const exports = Math.ceil(spans.length / perExport);
  return {
    resourceSpans: Array.from({ length: exports }, (_, i) => ({
      resource,
      scopeSpans: [
        {
          scope: { name: 'openinference.instrumentation.openai', version: '0.1.30' },
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
